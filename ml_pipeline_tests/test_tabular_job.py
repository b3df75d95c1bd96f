"""A table of one's own through the tabular engine, as a job of SageMaker on this machine."""

import io
import json

import dagster as dg
import joblib
import numpy as np
import pandas as pd
import pytest

from ml_pipeline import code_bundles
from ml_pipeline.resources import build_connection
from ml_pipeline.sagemaker import (
    PipesSageMakerProcessingClient,
    ProcessingInput,
    ProcessingOutput,
    SKLearnProcessor,
)
from ml_pipeline.settings import Settings
from ml_pipeline_tests.conftest import LocalService

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


@pytest.mark.timeout(300)
def test_a_table_becomes_channels_and_metadata(local_service: LocalService) -> None:
    settings = Settings(home=local_service.home.root, local_port=local_service.port, bucket=BUCKET)
    connection = build_connection(settings)
    s3 = connection.client("s3")
    half = len(table()) // 2
    for name, part in (("a.csv", table()[:half]), ("b.csv", table()[half:])):
        s3.put_object(Bucket=BUCKET, Key=f"raw/{name}", Body=part.to_csv(index=False).encode())
    s3.put_object(Bucket=BUCKET, Key="spec.json", Body=json.dumps(SPEC).encode())

    @dg.asset(code_version=code_bundles.tabular.version)
    def big_table(
        context: dg.AssetExecutionContext, processing: PipesSageMakerProcessingClient
    ) -> dg.MaterializeResult:
        request = SKLearnProcessor(
            region="us-east-1", role_arn="arn:aws:iam::000000000000:role/job"
        ).build(
            code=code_bundles.tabular,
            code_uri=f"{BASE}/code",
            inputs=[
                ProcessingInput(
                    name=name, s3_uri=uri, local_path=f"/opt/ml/processing/input/{name}"
                )
                for name, uri in (("data", f"{BASE}/raw/"), ("spec", f"{BASE}/spec.json"))
            ],
            outputs=[
                ProcessingOutput(
                    name=name,
                    s3_uri=f"{BASE}/out/{name}",
                    local_path=f"/opt/ml/processing/output/{name}",
                )
                for name in ("train", "validation", "preprocessor", "report")
            ],
        )
        job = processing.run(context=context, request=request).job
        return dg.MaterializeResult(metadata=job.metadata)

    client = PipesSageMakerProcessingClient(connection, bucket=BUCKET)
    result = dg.materialize([big_table], resources={"processing": client})
    [event] = result.asset_materializations_for_node("big_table")
    assert event.metadata["train_rows"].value == 400
    assert event.metadata["peak_memory_mb"].value > 0
    assert event.metadata["read_seconds"].value > 0

    def body(key: str) -> bytes:
        return s3.get_object(Bucket=BUCKET, Key=f"out/{key}")["Body"].read()

    pipeline = joblib.load(io.BytesIO(body("preprocessor/preprocessor.joblib")))
    written = pd.read_parquet(io.BytesIO(body("train/part-00000.parquet")))
    raw = table().loc[written["id"]]
    features = list(pipeline.get_feature_names_out())
    np.testing.assert_allclose(written[features], pipeline.transform(raw), atol=1e-4)
    assert features == ["miles", "pace", "carrier_AA", "carrier_B6", "carrier_UA"]
