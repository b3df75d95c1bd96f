"""The Feature Store as boto3 finds it."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.daemon import control
from local_sagemaker.home import Home
from local_sagemaker.s3.store import ObjectStore
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.daemons import wait_for
from ml_pipeline_tests.local_sagemaker.feature_store.house import (
    BUCKET,
    NOON,
    TWO,
    House,
    group_request,
    record,
)

RUNTIME = "sagemaker-featurestore-runtime"


def test_boto3(scripted_service: LocalService) -> None:
    sagemaker, records = scripted_service.client("sagemaker"), scripted_service.client(RUNTIME)
    request = group_request("over-http", OfflineStoreConfig={}, RoleArn="")
    del request["OfflineStoreConfig"], request["RoleArn"]
    arn = sagemaker.create_feature_group(**request)["FeatureGroupArn"]
    for name in ("over-http", arn):
        records.put_record(FeatureGroupName=name, Record=record(id="1", at=NOON, carrier="ü/+ %"))
        found = records.get_record(
            FeatureGroupName=name,
            RecordIdentifierValueAsString="1",
            FeatureNames=["id", "carrier"],
        )
        assert found["Record"] == record(id="1", carrier="ü/+ %")
        assert records.list_records(FeatureGroupName=name)["RecordIdentifiers"] == ["1"]
        records.delete_record(
            FeatureGroupName=name,
            RecordIdentifierValueAsString="1",
            EventTime=TWO,
            TargetStores=["OnlineStore"],
            DeletionMode="HardDelete",
        )
        assert "Record" not in records.get_record(
            FeatureGroupName=name, RecordIdentifierValueAsString="1"
        )
    entries = [{"FeatureGroupName": arn, "Record": record(id="2", at=NOON)}]
    assert records.batch_write_record(Entries=entries)["Errors"] == []
    wanted = [{"FeatureGroupName": arn, "RecordIdentifiersValueAsString": ["2", "3"]}]
    assert len(records.batch_get_record(Identifiers=wanted)["Records"]) == 1
    with pytest.raises(sagemaker.exceptions.ResourceNotFound):
        sagemaker.describe_feature_group(FeatureGroupName="nobody")
    with pytest.raises(records.exceptions.ResourceNotFound):
        records.get_record(FeatureGroupName="nobody", RecordIdentifierValueAsString="1")
    with pytest.raises(ClientError) as refused:
        records.put_record(FeatureGroupName=arn, Record=record(id="x", at=NOON))
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert refused.value.response["ResponseMetadata"]["HTTPHeaders"]["x-amzn-errortype"] == (
        "ValidationError"
    )


# It starts and kills daemons.
@pytest.mark.long
def test_a_killed_daemon_has_lost_nothing_and_doubled_nothing(tmp_path: Path) -> None:
    root = tmp_path / "home"
    endpoint = control.ensure_started(root, 0)
    sagemaker: Any = client(root, "sagemaker")
    client(root, "s3").create_bucket(Bucket=BUCKET)
    sagemaker.create_feature_group(**group_request())
    acknowledged: set[str] = set()
    try:
        for first in (0, 10_000, 20_000):
            records = client(root, RUNTIME)

            def put(number: int, records: Any = records) -> None:
                try:
                    records.put_record(
                        FeatureGroupName="flights", Record=record(id=str(number), at=NOON)
                    )
                except Exception:
                    return
                acknowledged.add(str(number))

            enough = len(acknowledged) + 250
            with ThreadPoolExecutor(8) as pool:
                for number in range(first, first + 600):
                    pool.submit(put, number)
                wait_for(partial(more_than, acknowledged, enough))
                os.kill(endpoint.pid, signal.SIGKILL)
            endpoint = control.ensure_started(root, 0)
        records = client(root, RUNTIME)
        listed: list[str] = []
        for page in records.get_paginator("list_records").paginate(FeatureGroupName="flights"):
            listed += page["RecordIdentifiers"]
        assert acknowledged <= set(listed)
        house = House(root / "features.db", ObjectStore(root / "s3"))
        wait_for(lambda: len(house.rows()) >= len(listed))
        assert sorted(row["id"] for row in house.rows()) == sorted(map(int, listed))
    finally:
        control.stop(root)


@pytest.mark.long
def test_the_daemon_is_small_until_it_writes_a_file() -> None:
    """Neither pyarrow nor moto is loaded before it is needed."""
    program = (
        "import sys\n"
        "from local_sagemaker.daemon import serving\n"
        "print([name for name in ('pyarrow', 'moto', 'pandas') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout == "[]\n", done.stderr


def more_than(found: set[str], count: int) -> bool:
    return len(found) > count


def client(root: Path, service: str) -> Any:
    endpoint = control.status(root)
    assert endpoint is not None
    return LocalService(Home(root), endpoint).client(service)
