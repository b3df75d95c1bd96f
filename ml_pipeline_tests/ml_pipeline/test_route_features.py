"""Statistics of delays in a feature group."""

import io

import dagster as dg
import pandas as pd
import pytest

from ml_pipeline.assets.route_features import features, route_features
from ml_pipeline.assets.route_statistics import route_statistics
from ml_pipeline.publishing.artifacts import Output, Statistics, StoredObject
from ml_pipeline.publishing.manifests import Manifests
from ml_pipeline.resources import build_resources
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.project import BUCKET

DAY = "2013-03-01"
GROUP = "route_features"


def statistics() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "level": ["carrier", "route", "hour"],
            "key": ["UA", "EWR-IAH", "17"],
            "late": [1, 2, 3],
            "late_rate": [0.1, 0.2, None],
        }
    )


@pytest.fixture
def counted(local_service: LocalService) -> LocalService:
    """The local service, with the statistics of a day."""
    build_resources(local_service.settings())["aws"].client("s3")  # makes the bucket
    s3 = local_service.client("s3")
    table, key = io.BytesIO(), f"route_statistics/ds={DAY}/job/statistics/part-0.parquet"
    statistics().to_parquet(table)
    put = s3.put_object(Bucket=BUCKET, Key=key, Body=table.getvalue())
    stored = StoredObject(key=key, size=len(table.getvalue()), etag=put["ETag"])
    output = Output(uri=f"s3://{BUCKET}/{key.rpartition('/')[0]}/", objects=(stored,))
    made = Statistics(outputs={"statistics": output})
    Manifests(s3, BUCKET).publish("route_statistics", DAY, made)
    return local_service


def test_a_day_gets_into_the_group(counted: LocalService) -> None:
    done = dg.materialize(
        [route_statistics, route_features],
        selection=[route_features],
        resources=build_resources(counted.settings(feature_group=GROUP)),
        partition_key=DAY,
    )
    [made] = done.asset_materializations_for_node("route_features")
    assert made.metadata["dagster/row_count"].value == 3
    client = counted.client("sagemaker-featurestore-runtime")
    found = client.get_record(FeatureGroupName=GROUP, RecordIdentifierValueAsString="carrier-UA")
    assert {one["FeatureName"]: one["ValueAsString"] for one in found["Record"]} == {
        "level": "carrier",
        "key": "UA",
        "late": "1",
        "late_rate": "0.1",
        "id": "carrier-UA",
        "day": "2013-03-01T00:00:00.000Z",
    }


def test_records_are_told_apart_by_level_and_key() -> None:
    made = features(statistics(), DAY)
    assert list(made["id"]) == ["carrier-UA", "route-EWR-IAH", "hour-17"]
