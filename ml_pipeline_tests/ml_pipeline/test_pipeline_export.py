"""The assets' jobs as a SageMaker pipeline, which runs to what the assets make."""

import io
import json
import tarfile
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from local_sagemaker.pipelines.definition.reading import read_definition
from ml_pipeline.cli import cli
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.daemons import wait_for
from ml_pipeline_tests.project import BUCKET, DAY, Project, manifest

STEPS = ("preprocessed_dataset", "model_artifact", "model_evaluation")


@pytest.fixture
def exported(
    local_service: LocalService,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> dict[str, Any]:
    """The definition that ``export-pipeline --create flights`` wrote."""
    settings = local_service.settings()
    module = import_module("ml_pipeline.cli.export")
    monkeypatch.setattr(module, "get_settings", lambda: settings)
    output = tmp_path / "flights.json"
    arguments = ["export-pipeline", DAY, "--output", str(output), "--create", "flights"]
    ran = CliRunner().invoke(cli, arguments)
    assert ran.exit_code == 0, ran.output
    assert f"--pipeline-parameters Name=ds,Value={DAY}" in ran.output
    return dict(json.loads(output.read_text()))


def test_the_day_is_a_parameter_and_steps_read_what_others_wrote(
    local_service: LocalService, exported: dict[str, Any]
) -> None:
    assert exported["Parameters"] == [{"Name": "ds", "Type": "String", "DefaultValue": DAY}]
    text = json.dumps(exported["Steps"])
    assert DAY not in text, "a step holds the day that was exported"
    assert "{{" not in text
    read = read_definition(json.dumps(exported))
    assert tuple(read.steps) == STEPS
    assert read.needs == {
        "preprocessed_dataset": set(),
        "model_artifact": {"preprocessed_dataset"},
        "model_evaluation": {"preprocessed_dataset", "model_artifact"},
    }
    found = local_service.client("sagemaker").describe_pipeline(PipelineName="flights")
    assert json.loads(found["PipelineDefinition"]) == exported


@pytest.mark.usefixtures("exported")
def test_a_day_without_its_raw_days_is_refused() -> None:
    ran = CliRunner().invoke(cli, ["export-pipeline", "2013-09-01"])
    assert ran.exit_code == 1
    assert "raw days that this partition needs are not there" in ran.output


@pytest.mark.long
@pytest.mark.usefixtures("exported")
def test_it_runs_to_the_same_dataset_and_model(local_service: LocalService, trained: str) -> None:
    client = local_service.client("sagemaker")
    arn = client.start_pipeline_execution(
        PipelineName="flights", PipelineParameters=[{"Name": "ds", "Value": trained}]
    )["PipelineExecutionArn"]

    def status() -> Any:
        found = client.describe_pipeline_execution(PipelineExecutionArn=arn)
        assert "FailureReason" not in found, found["FailureReason"]
        return found["PipelineExecutionStatus"] == "Succeeded"

    wait_for(status, seconds=240)
    for asset in STEPS:
        made = manifest(local_service, asset, trained)
        job = jobs(client, arn)[asset]
        for output in made["outputs"].values():
            for key in (stored["key"] for stored in output["objects"]):
                other = content(local_service, key.replace(made["job_name"], job))
                assert other == content(local_service, key), key


def jobs(client: Any, arn: str) -> dict[str, str]:
    """The job of each step."""
    steps = client.list_pipeline_execution_steps(PipelineExecutionArn=arn)
    return {
        step["StepName"]: next(iter(step["Metadata"].values()))["Arn"].rpartition("/")[2]
        for step in steps["PipelineExecutionSteps"]
    }


def content(service: LocalService, key: str) -> Any:
    """An object, without what says when it was made and what that took."""
    data = service.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    if not key.endswith(".tar.gz"):
        return comparable(key, data)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        files = {one.name: archive.extractfile(one) for one in archive if one.isfile()}
        return {name: comparable(name, file.read()) for name, file in files.items() if file}


def comparable(name: str, data: bytes) -> Any:
    if not name.endswith("report.json"):
        return data
    metrics = json.loads(data)["metrics"]
    took = ("seconds", "peak_memory")
    return {name: value for name, value in metrics.items() if not any(of in name for of in took)}
