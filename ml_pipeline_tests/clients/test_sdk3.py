"""The SageMaker Python SDK 3, which knows nothing of the local service but its variables."""

from pathlib import Path

import pytest

from ml_pipeline_tests.clients.conftest import MakeClient, offline_rows
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.dagster_sagemaker.images.recording import RECORDED, asked_for, lines
from ml_pipeline_tests.local_sagemaker.daemons import wait_for

# It takes minutes to install.
pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def test_processors_and_a_trainer(client: MakeClient, source: Path) -> None:
    ran = client("sdk3").run("sdk3_jobs.py", str(source))
    assert ran.result["bucket"] == "sagemaker-us-east-1-000000000000"
    assert ran.result["script"] == "1\n2\n"
    assert "hello from a wheel" in ran.output
    status, model = ran.result["trained"]
    assert status == "Completed"
    assert model.endswith("/output/model.tar.gz")
    assert "epoch=1; rows=2;" in ran.output, "the SDK showed no log"
    assert "exit code: 4" in ran.result["bad"]
    assert "sm-pysdk" not in ran.output, "it reported to AWS"


def test_feature_groups(client: MakeClient, service: LocalService) -> None:
    ran = client("sdk3").run("sdk3_features.py")
    place = ran.result.pop("place")
    assert ran.result == {
        "record": {"route": "EWR-42", "at": "1359590400.0", "flights": "42"},
        "last": 3,
        "failed": [0],
        "page": 60,
        "listed": ["sdk3-routes"],
    }
    # All rows of the frame, one again from the bad one, one put, and a deletion.
    wait_for(lambda: offline_rows(service, place) == 500 + 1 + 1 + 1)
    assert "sm-pysdk" not in ran.output, "it reported to AWS"


def test_a_pipeline(client: MakeClient, source: Path) -> None:
    ran = client("sdk3").run("sdk3_pipeline.py", str(source))
    first, second = ran.result["arns"]
    assert first == second
    jobs = dict.fromkeys(("Clean", "Train", "Evaluate", "Enough"), "Succeeded")
    good, bad = ran.result["good"], ran.result["bad"]
    assert (good["PipelineExecutionStatus"], good["steps"]) == ("Succeeded", jobs)
    assert (bad["PipelineExecutionStatus"], bad["steps"]) == (
        "Failed",
        {**jobs, "TooFew": "Failed"},
    )
    assert bad["FailureReason"].endswith("TooFew: only 2 rows")
    assert "sm-pysdk" not in ran.output, "it reported to AWS"


def test_the_recorded_images_are_the_sdks(client: MakeClient, tmp_path: Path) -> None:
    said = client("sdk3").run("sdk3_image_uris.py", asked_for()).result
    renewed = tmp_path / RECORDED.name
    renewed.write_text(lines(said))
    assert renewed.read_text() == RECORDED.read_text(), f"copy {renewed} to {RECORDED}"
