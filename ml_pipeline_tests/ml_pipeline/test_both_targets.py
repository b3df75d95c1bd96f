"""What holds on this machine and on AWS alike.

By default these run against the local service. With ``ML_PIPELINE_TEST_AWS=1``, and
``ML_PIPELINE_BUCKET`` and ``ML_PIPELINE_ROLE_ARN`` (and ``ML_PIPELINE_REGION``,
``ML_PIPELINE_PROFILE``), the same bodies run on Amazon SageMaker: ``pytest -m aws``.
"""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

import dagster as dg
import pytest

from dagster_sagemaker import (
    CodeBundle,
    FinishedJob,
    PipesSageMakerProcessingClient,
    PipesSageMakerTrainingClient,
    Polling,
    ProcessingInput,
    ProcessingOutput,
    SageMakerConnection,
    SKLearnProcessor,
    SKLearnTraining,
    TrainingChannel,
)
from ml_pipeline.publishing.artifacts import Evaluation, Model
from ml_pipeline.publishing.champion import Champion, promote
from ml_pipeline.publishing.manifests import Manifests
from ml_pipeline.resources import build_connection
from ml_pipeline.settings import Settings

pytestmark = [pytest.mark.aws, pytest.mark.timeout(1800)]

ON_AWS = os.environ.get("ML_PIPELINE_TEST_AWS") == "1"
POLLING = Polling() if ON_AWS else Polling(initial_seconds=0.1, steps=(), late_log_seconds=0)


@dataclass(frozen=True)
class Target:
    connection: SageMakerConnection
    settings: Settings
    prefix: str

    @property
    def uri(self) -> str:
        return f"s3://{self.settings.bucket_name}/{self.prefix}"

    def put(self, name: str, body: bytes) -> str:
        key = f"{self.prefix}/{name}"
        s3 = self.connection.client("s3")
        s3.put_object(Bucket=self.settings.bucket_name, Key=key, Body=body)
        return f"s3://{self.settings.bucket_name}/{key}"


@pytest.fixture
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    if ON_AWS:
        settings = Settings(target="aws")
    else:
        service = request.getfixturevalue("local_service")
        settings = Settings(home=service.home.root, local_port=service.port, bucket="both-targets")
    made = Target(build_connection(settings), settings, f"tests/{uuid.uuid4().hex}")
    yield made
    s3, bucket = made.connection.client("s3"), settings.bucket_name
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=made.prefix):
        for entry in page.get("Contents", []):
            s3.delete_object(Bucket=bucket, Key=entry["Key"])


def bundle(folder: Path, source: str) -> CodeBundle:
    script = folder / "script.py"
    script.write_text(dedent(source))
    return CodeBundle([script], entry_point="script.py")


def process(target: Target, code: CodeBundle) -> FinishedJob:
    processor = SKLearnProcessor(
        region=target.settings.region,
        role_arn=target.settings.job_role_arn,
        max_runtime_seconds=600,
    )
    request = processor.build(
        code=code,
        code_uri=f"{target.uri}/code",
        inputs=[
            ProcessingInput(
                name="in",
                s3_uri=target.put("in/text.txt", b"hello"),
                local_path="/opt/ml/processing/input/in",
            )
        ],
        outputs=[
            ProcessingOutput(
                name="report",
                s3_uri=f"{target.uri}/{{{{ job_name }}}}",
                local_path="/opt/ml/processing/output",
            )
        ],
    )
    client = PipesSageMakerProcessingClient(
        target.connection,
        bucket=target.settings.bucket_name,
        prefix=f"{target.prefix}/pipes",
        polling=POLLING,
    )
    jobs: list[FinishedJob] = []

    @dg.asset
    def processed(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        jobs.append(client.run(context=context, request=request).job)
        return dg.MaterializeResult(metadata=jobs[0].metadata)

    dg.materialize([processed])
    return jobs[0]


def test_a_processing_job_reads_its_input_and_leaves_its_output(
    target: Target, tmp_path: Path
) -> None:
    job = process(
        target,
        bundle(
            tmp_path,
            """
            import json, pathlib, sklearn
            text = pathlib.Path("/opt/ml/processing/input/in/text.txt").read_text()
            metrics = {"length": len(text)}
            report = {"metrics": metrics, "details": {"sklearn": sklearn.__version__}}
            pathlib.Path("/opt/ml/processing/output/report.json").write_text(json.dumps(report))
            print("read", text)
            """,
        ),
    )
    assert job.report is not None
    assert job.report["metrics"] == {"length": 5}
    assert job.report["details"] == {"sklearn": "1.4.2"}
    assert job.metadata["length"] == 5
    assert [stored.key.rpartition("/")[2] for stored in job.outputs["report"].objects] == [
        "report.json"
    ]


def test_a_script_that_fails_puts_reason_and_last_lines_into_the_error(
    target: Target, tmp_path: Path
) -> None:
    code = bundle(tmp_path, "import sys; print('a line of the log'); sys.exit('it went wrong')")
    with pytest.raises(dg.Failure) as failure:
        process(target, code)
    text = failure.value.description or ""
    assert "AlgorithmError" in text
    assert "a line of the log" in text
    assert "it went wrong" in text
    assert "/aws/sagemaker/ProcessingJobs" in text
    assert not failure.value.allow_retries


def test_a_training_job_in_script_mode_leaves_model_and_metrics(
    target: Target, tmp_path: Path
) -> None:
    code = bundle(
        tmp_path,
        """
        import argparse, json, os, pathlib
        parser = argparse.ArgumentParser()
        parser.add_argument("--alpha", type=float)
        alpha = parser.parse_args().alpha
        rows = len(list(pathlib.Path(os.environ["SM_CHANNEL_TRAIN"]).iterdir()))
        pathlib.Path(os.environ["SM_MODEL_DIR"], "model.txt").write_text(str(alpha))
        report = {"metrics": {"alpha": alpha, "files": rows}}
        pathlib.Path(os.environ["SM_OUTPUT_DATA_DIR"], "report.json").write_text(json.dumps(report))
        print(f"train:loss={alpha};")
        """,
    )
    training = SKLearnTraining(
        region=target.settings.region,
        role_arn=target.settings.job_role_arn,
        max_runtime_seconds=600,
        metric_definitions={"train:loss": r"train:loss=([0-9.]+);"},
    )
    target.put("train/a.csv", b"1,2\n")
    request = training.build(
        code=code,
        code_uri=f"{target.uri}/code",
        channels=[TrainingChannel(name="train", s3_uri=f"{target.uri}/train/")],
        output_uri=f"{target.uri}/models",
        hyperparameters={"alpha": 0.5},
    )
    client = PipesSageMakerTrainingClient(
        target.connection,
        bucket=target.settings.bucket_name,
        prefix=f"{target.prefix}/pipes",
        polling=POLLING,
    )
    jobs: list[FinishedJob] = []

    @dg.asset
    def trained(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        jobs.append(client.run(context=context, request=request).job)
        return dg.MaterializeResult(metadata=jobs[0].metadata)

    dg.materialize([trained])
    [job] = jobs
    assert job.model_uri is not None
    assert job.model_uri.endswith(f"{job.name}/output/model.tar.gz")
    assert job.metadata["train:loss"] == 0.5
    assert job.report is not None
    assert job.report["metrics"] == {"alpha": 0.5, "files": 1}
    assert job.metadata["billable_seconds"] >= 1


def test_manifests_and_champion_are_written_conditionally(target: Target) -> None:
    s3, bucket = target.connection.client("s3"), target.settings.bucket_name
    manifests = Manifests(s3, bucket)
    asset = f"{target.prefix}/asset"
    assert manifests.find(asset, "2013-01-01", Model) is None
    manifests.publish(asset, "2013-01-01", Model(outputs={}))
    assert manifests.find(asset, "2013-01-01", Model) is not None
    key = f"{target.prefix}/champion.json"
    for partition, expected in (("2013-01-02", "2013-01-02"), ("2013-01-01", "2013-01-02")):
        champion = Champion(
            partition=partition, model=Model(outputs={}), evaluation=Evaluation(outputs={})
        )
        assert promote(s3, bucket, champion, key=key).partition == expected
