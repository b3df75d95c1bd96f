"""A table of one's own through the tabular engine, as a job of SageMaker on this machine."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg
import joblib
import numpy as np
import pandas as pd
import pytest

from dagster_sagemaker import (
    PipesSageMakerProcessingClient,
    ProcessingInput,
    ProcessingOutput,
    SKLearnProcessor,
)
from local_sagemaker.jobs.containers import namespaces
from ml_pipeline import code_bundles
from ml_pipeline.resources import build_resources
from ml_pipeline.settings import Settings
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.preprocessing_scripts.tabular.engine_runs import learned, same

BUCKET = "tabular-job"
BASE = f"s3://{BUCKET}"
SPEC = {
    "label": {"column": "late"},
    "keep": ["id"],
    "features": [{"name": "pace", "ratio": ["miles", "minutes"]}],
    "numeric": [{"columns": ["miles", "pace"]}],
    "categorical": [{"columns": ["carrier"]}],
}


def table(rows: int = 500) -> pd.DataFrame:
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "id": np.arange(rows),
            "late": (random.random(rows) < 0.2).astype(int),
            "miles": np.where(random.random(rows) < 0.1, np.nan, random.normal(900, 200, rows)),
            "minutes": random.integers(30, 300, rows),
            "carrier": random.choice(["AA", "B6", "UA"], rows),
        }
    )


@dataclass(frozen=True)
class Ran:
    """A job that ended well.

    Args:
        metadata: Of the asset that ran it.
        outputs: Its objects, by what follows its own prefix.
    """

    metadata: Mapping[str, dg.MetadataValue[Any]]
    outputs: Mapping[str, bytes]

    def pipeline(self) -> Any:
        return joblib.load(io.BytesIO(self.outputs["preprocessor/preprocessor.joblib"]))

    def channel(self, name: str) -> pd.DataFrame:
        """All parts of a channel, in the order of the table."""
        parts = [
            pd.read_parquet(io.BytesIO(content))
            for key, content in self.outputs.items()
            if key.startswith(f"{name}/")
        ]
        return pd.concat(parts).sort_values("id", ignore_index=True)


def run_job(local_service: LocalService, instances: int) -> Ran:
    """Run the table, in two files, through a job of so many instances."""
    settings = Settings(home=local_service.home.root, local_port=local_service.port, bucket=BUCKET)
    resources = build_resources(settings)
    s3 = resources["aws"].client("s3")
    half = len(table()) // 2
    for name, part in (("a.csv", table()[:half]), ("b.csv", table()[half:])):
        s3.put_object(Bucket=BUCKET, Key=f"raw/{name}", Body=part.to_csv(index=False).encode())
    s3.put_object(Bucket=BUCKET, Key="spec.json", Body=json.dumps(SPEC).encode())

    @dg.asset(code_version=code_bundles.tabular.version)
    def big_table(
        context: dg.AssetExecutionContext, processing: PipesSageMakerProcessingClient
    ) -> dg.MaterializeResult[None]:
        request = SKLearnProcessor(
            region="us-east-1",
            role_arn="arn:aws:iam::000000000000:role/job",
            instance_count=instances,
        ).build(
            code=code_bundles.tabular,
            code_uri=f"{BASE}/code",
            inputs=[
                ProcessingInput(
                    name="data",
                    s3_uri=f"{BASE}/raw/",
                    local_path="/opt/ml/processing/input/data",
                    distribution="ShardedByS3Key",
                ),
                ProcessingInput(
                    name="spec",
                    s3_uri=f"{BASE}/spec.json",
                    local_path="/opt/ml/processing/input/spec",
                ),
            ],
            outputs=[
                ProcessingOutput(
                    name=name,
                    s3_uri=f"{BASE}/out/{instances}/{name}",
                    local_path=f"/opt/ml/processing/output/{name}",
                )
                for name in ("train", "validation", "preprocessor", "report")
            ],
        )
        job = processing.run(context=context, request=request).job
        return dg.MaterializeResult(metadata=job.metadata)

    result = dg.materialize([big_table], resources={"processing": resources["processing"]})
    [event] = result.asset_materializations_for_node("big_table")
    prefix = f"out/{instances}/"
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]
    outputs = {
        one["Key"].removeprefix(prefix): s3.get_object(Bucket=BUCKET, Key=one["Key"])["Body"].read()
        for one in listed
    }
    return Ran(event.metadata, outputs)


@pytest.fixture(scope="module")
def one(local_service: LocalService) -> Ran:
    return run_job(local_service, 1)


@pytest.mark.timeout(300)
def test_a_table_becomes_channels_and_metadata(one: Ran) -> None:
    assert one.metadata["train_rows"].value == 400
    assert one.metadata["peak_memory_mb"].value > 0
    assert one.metadata["read_seconds"].value > 0
    pipeline = one.pipeline()
    written = one.channel("train")
    raw = table().loc[written["id"]]
    features = list(pipeline.get_feature_names_out())
    np.testing.assert_allclose(written[features], pipeline.transform(raw), atol=1e-4)
    assert features == ["miles", "pace", "carrier_AA", "carrier_B6", "carrier_UA"]


@pytest.mark.timeout(300)
def test_two_instances_that_share_the_files_learn_the_same_bits(
    local_service: LocalService, one: Ran
) -> None:
    reason = namespaces.unavailable()
    if reason is not None:
        pytest.skip(f"no namespaces: {reason}")
    two = run_job(local_service, 2)
    parts = [key for key in two.outputs if key.startswith("train/")]
    of_hosts = {key.split("-")[1] for key in parts}
    assert of_hosts == {"000", "001"}
    found, expected = learned(two.pipeline()), learned(one.pipeline())
    assert list(found) == list(expected)
    for name in expected:
        same(found[name], expected[name], 0, 0)
    for channel in ("train", "validation"):
        pd.testing.assert_frame_equal(two.channel(channel), one.channel(channel), check_exact=True)
    assert two.metadata["train_rows"].value == 400
