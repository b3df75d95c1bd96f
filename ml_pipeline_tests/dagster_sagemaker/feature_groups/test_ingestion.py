"""Data frames in a feature group of the local service."""

import io
import uuid
from typing import TYPE_CHECKING, Any

import dagster as dg
import numpy as np
import pandas as pd
import pytest

from dagster_sagemaker import (
    FeatureGroup,
    InvalidRequestError,
    SageMakerConnection,
    ingest_features,
)
from dagster_sagemaker.feature_groups import read_parquet
from dagster_sagemaker.feature_groups.writing import write_records
from local_sagemaker.faults.client import FaultsClient
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.dagster_sagemaker.conftest import ROLE

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@pytest.fixture
def group(bucket: str) -> FeatureGroup:
    return FeatureGroup(
        name=f"routes-{uuid.uuid4().hex[:8]}",
        record_identifier="route",
        event_time="at",
        offline_s3_uri=f"s3://{bucket}/features",
        role_arn=ROLE,
        ttl_seconds=10**9,
        description="delays by route",
        tags={"team": "blue"},
    )


def frame(rows: int = 60, at: str = "2013-01-31T00:00:00Z") -> "pd.DataFrame":
    return pd.DataFrame(
        {
            "route": [f"EWR-{number}" for number in range(rows)],
            "at": pd.to_datetime([at] * rows),
            "flights": np.arange(rows),
            "rate": np.linspace(0, 1, rows),
        }
    )


def online(connection: SageMakerConnection, group: FeatureGroup, route: str) -> dict[str, str]:
    client = connection.client("sagemaker-featurestore-runtime")
    found = client.get_record(FeatureGroupName=group.name, RecordIdentifierValueAsString=route)
    return {one["FeatureName"]: one["ValueAsString"] for one in found["Record"]}


def test_a_group_is_made_once_and_given_every_row(
    connection: SageMakerConnection, group: FeatureGroup
) -> None:
    first = ingest_features(connection, group, frame())
    assert (first.records, first.created) == (60, True)
    assert first.offline_s3_uri is not None
    assert first.metadata["offline_store"] == dg.MetadataValue.path(first.offline_s3_uri)
    assert online(connection, group, "EWR-59") == {
        "route": "EWR-59",
        "at": "2013-01-31T00:00:00.000Z",
        "flights": "59",
        "rate": "1.0",
    }
    sagemaker = connection.client("sagemaker")
    described = sagemaker.describe_feature_group(FeatureGroupName=group.name)
    assert described["Description"] == "delays by route"
    assert described["OnlineStoreConfig"]["TtlDuration"] == {"Unit": "Seconds", "Value": 10**9}
    assert sagemaker.list_tags(ResourceArn=first.arn)["Tags"] == [{"Key": "team", "Value": "blue"}]
    again = ingest_features(connection, group, frame())
    assert (again.records, again.created, again.arn) == (60, False, first.arn)
    newer = frame(at="2013-02-01T00:00:00Z").assign(flights=7)
    ingest_features(connection, group, newer)
    assert online(connection, group, "EWR-3")["flights"] == "7"


def test_a_frame_that_does_not_fit_the_group_is_refused(
    connection: SageMakerConnection, group: FeatureGroup
) -> None:
    ingest_features(connection, group, frame(1))
    other = frame(1).assign(flights="many", speed=1.0)
    with pytest.raises(InvalidRequestError) as refused:
        ingest_features(connection, group, other)
    flights, speed = refused.value.problems
    assert flights == "flights: it is Integral in the group, and String in the data frame"
    assert "speed: the group lacks it" in speed
    swapped = group.model_copy(update={"record_identifier": "flights"})
    with pytest.raises(InvalidRequestError, match="the group has route as its RecordIdentifier"):
        ingest_features(connection, swapped, frame(1))


def test_a_record_that_is_refused_is_named(
    connection: SageMakerConnection, group: FeatureGroup
) -> None:
    ingest_features(connection, group, frame(1))
    client = connection.client("sagemaker-featurestore-runtime")
    bad = [{"FeatureName": "route", "ValueAsString": "EWR-1"}]
    with pytest.raises(dg.Failure, match=r"refused 1 records:\n- ValidationError.*route=EWR-1"):
        write_records(client, group.name, iter([bad]), threads=2)


def test_a_group_that_cannot_be_made_says_why(
    connection: SageMakerConnection, group: FeatureGroup
) -> None:
    nowhere = group.model_copy(update={"offline_s3_uri": "s3://nowhere/x"})
    with pytest.raises(dg.Failure, match=r"The bucket nowhere .* does not exist.*Check the cred"):
        ingest_features(connection, nowhere, frame(1))


def test_throttling_is_waited_out(
    connection: SageMakerConnection, group: FeatureGroup, played_local: LocalService
) -> None:
    ingest_features(connection, group, frame(1))
    faults = FaultsClient(played_local.port)
    faults.put("throttled", "throttling", operation="BatchWriteRecord", times=1)
    try:
        assert ingest_features(connection, group, frame(30), threads=1).records == 30
        assert [one["hits"] for one in faults.list() if one["id"] == "throttled"] == [1]
    finally:
        faults.clear("throttled")


class WithoutBatches:
    """The client of a boto3 that has no BatchWriteRecord."""

    def __init__(self, client: Any) -> None:
        self.put_record = client.put_record


def test_a_boto3_without_batches_puts_one_by_one(
    connection: SageMakerConnection, group: FeatureGroup
) -> None:
    ingest_features(connection, group, frame(1))
    client = WithoutBatches(connection.client("sagemaker-featurestore-runtime"))
    record = [
        {"FeatureName": "route", "ValueAsString": "JFK-1"},
        {"FeatureName": "at", "ValueAsString": "2013-01-31T00:00:00Z"},
    ]
    assert write_records(client, group.name, iter([record]), threads=2) == 1
    assert online(connection, group, "JFK-1")["route"] == "JFK-1"


def test_parquet_files_are_read_from_s3(
    connection: SageMakerConnection, bucket: str, s3: "S3Client"
) -> None:
    for name in ("part-0.parquet", "part-1.parquet"):
        buffer = io.BytesIO()
        frame(2).to_parquet(buffer)
        s3.put_object(Bucket=bucket, Key=f"routes/{name}", Body=buffer.getvalue())
    s3.put_object(Bucket=bucket, Key="routes/_SUCCESS", Body=b"")
    assert len(read_parquet(connection, f"s3://{bucket}/routes/")) == 4
    assert len(read_parquet(connection, f"s3://{bucket}/routes/part-1.parquet")) == 2
    with pytest.raises(FileNotFoundError, match="no parquet files under"):
        read_parquet(connection, f"s3://{bucket}/elsewhere/")
