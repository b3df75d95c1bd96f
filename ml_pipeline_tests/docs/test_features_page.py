"""The example of ``docs/features.md``, run as it stands there."""

import io

import dagster as dg
import pandas as pd

from dagster_sagemaker import SageMakerConnection
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.docs.pages import python_blocks, run_blocks

DAY = "2013-01-31"


def test_the_example(local_service: LocalService) -> None:
    s3 = local_service.client("s3")
    s3.create_bucket(Bucket="my-bucket")
    table = io.BytesIO()
    pd.DataFrame({"route": ["EWR-IAH", "JFK-MIA"], "delay_rate": [0.25, 0.5]}).to_parquet(table)
    key = f"route_statistics/ds={DAY}/part-0.parquet"
    s3.put_object(Bucket="my-bucket", Key=key, Body=table.getvalue())
    page = run_blocks("features_page", *python_blocks("features.md"))
    connection = SageMakerConnection(
        region="us-east-1",
        endpoint_url=local_service.url,
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    done = dg.materialize(
        [page["route_features"]], resources={"aws": connection}, partition_key=DAY
    )
    [made] = done.asset_materializations_for_node("route_features")
    assert made.metadata["dagster/row_count"].value == 2
    records = local_service.client("sagemaker-featurestore-runtime")
    found = records.get_record(FeatureGroupName="routes", RecordIdentifierValueAsString="JFK-MIA")
    assert {one["FeatureName"]: one["ValueAsString"] for one in found["Record"]} == {
        "route": "JFK-MIA",
        "delay_rate": "0.5",
        "at": "2013-01-31T00:00:00.000Z",
    }
