"""The SageMaker Python SDK 2, which knows nothing of the local service but its variables."""

from pathlib import Path

import pytest

from ml_pipeline_tests.clients.conftest import MakeClient, offline_rows
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.daemons import wait_for

# It has an environment of its own, which takes a minute to install.
pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
BUCKET = "sagemaker-us-east-1-000000000000"


def test_processors(client: MakeClient, service: LocalService, source: Path) -> None:
    ran = client("sdk2").run("sdk2_processors.py", str(source))
    assert BUCKET in ran.result["buckets"]
    assert ran.result["sklearn"] == ["algo-1.csv"]
    assert "algo-1 reads a.csv b.csv" in ran.output, "the SDK showed no log"
    assert ran.result["script"] == ["algo-1.csv", "algo-2.csv"]
    assert "AlgorithmError: , exit code: 3" in ran.result["refused"]
    assert ran.result["message"] == "the rows are bad"
    assert "hello from a wheel" in log(service, "Processing", ran.result["framework"])
    assert ran.result["stopped"] == "Stopped"
    assert "Traceback" not in ran.output
    assert "sm-pysdk" not in ran.output, "it reported to AWS"


def test_estimators(client: MakeClient, service: LocalService, source: Path) -> None:
    ran = client("sdk2").run("sdk2_estimator.py", str(source))
    assert ran.result["metrics"] == {"rows": 2.0}
    assert ran.result["model"] == "output/model.tar.gz"
    assert ran.result["attached"] == [True, '"a b"']
    assert "name 'a b'" in ran.output, "the SDK showed no log"
    assert "Training seconds:" in ran.output
    assert "ExecuteUserScriptError:\nExitCode 3" in ran.result["failing"]
    assert ran.result["waiting"] == "Stopped"
    assert ran.result["piped"] == "Completed"
    assert "epoch=1; rows=2;" in log(service, "Training", ran.result["pipe"])
    assert ran.result["spot"] == "Completed"
    assert ran.result["checkpoints"] == ["checkpoints/0.txt"]
    assert "Traceback" not in ran.output
    assert "sm-pysdk" not in ran.output, "it reported to AWS"


def test_feature_groups(client: MakeClient, service: LocalService) -> None:
    ran = client("sdk2").run("sdk2_features.py")
    found = ran.result
    assert values(found["record"]) == {
        "route": "EWR-42",
        "at": "2013-01-31T00:00:00Z",
        "flights": "42",
        "rate": "0.084",
    }
    assert values(found["missing"]).keys() == {"route", "at", "flights"}
    assert found["deleted"] is None
    assert values(found["put"]) == {"route": "JFK-1", "at": "2013-02-01T00:00:00Z"}
    assert found["failed"] == [1]
    assert "NoneType" in found["athena"], "it has no catalog to query, and says so in this way"
    assert found["tags"] == [{"Key": "team", "Value": "blue"}]
    assert found["definitions"] == ["route", "at", "flights", "rate", "carrier"]
    assert (found["listed"], found["batch"], found["gone"]) == (
        ["sdk2-routes"],
        49,
        "ResourceNotFound",
    )
    # All rows of the frame, one again from the bad one, one put, and a deletion.
    wait_for(lambda: offline_rows(service, found["place"]) == 500 + 1 + 1 + 1)
    assert "sm-pysdk" not in ran.output, "it reported to AWS"


def values(record: list[dict[str, str]]) -> dict[str, str]:
    return {one["FeatureName"]: one["ValueAsString"] for one in record}


def test_a_pipeline(client: MakeClient, source: Path) -> None:
    ran = client("sdk2").run("sdk2_pipeline.py", str(source))
    assert (ran.result["same"], ran.result["description"]) == (True, "again")
    good, bad = ran.result["good"], ran.result["bad"]
    jobs = dict.fromkeys(("Clean", "Train", "Evaluate", "Enough"), "Succeeded")
    assert (good["status"], good["steps"], good["cached"]) == ("Succeeded", jobs, [])
    assert (bad["status"], bad["steps"]) == ("Failed", {**jobs, "TooFew": "Failed"})
    assert bad["cached"] == ["Clean"]
    assert bad["reason"].endswith("TooFew: only 2 rows")
    assert {"Name": "LeastRows", "Value": "3"} in bad["parameters"]
    assert good["job"].startswith("pipelines-")
    assert ran.result["name"] == '"a b"'
    assert "sm-pysdk" not in ran.output, "it reported to AWS"


def log(service: LocalService, kind: str, job: str) -> list[str]:
    """What a job printed."""
    asked = service.client("logs").filter_log_events(
        logGroupName=f"/aws/sagemaker/{kind}Jobs", logStreamNamePrefix=f"{job}/"
    )
    return [event["message"] for event in asked["events"]]
