"""The offline store: where the files lie, what is in them, and that each row is there once."""

import re
import sqlite3
from contextlib import closing
from datetime import datetime, timezone
from operator import itemgetter
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from local_sagemaker.feature_store import offline_rows, parquet
from local_sagemaker.feature_store.group import FeatureGroup
from local_sagemaker.feature_store.record import record_of
from ml_pipeline_tests.local_sagemaker.api.calls import call
from ml_pipeline_tests.local_sagemaker.daemons import wait_for
from ml_pipeline_tests.local_sagemaker.feature_store.house import (
    BUCKET,
    NOON,
    ONE,
    TWO,
    House,
    record,
)

KEY = re.compile(
    r"prefix/000000000000/sagemaker/us-east-1/offline-store/flights-\d{10}/data"
    r"/year=2026/month=01/day=31/hour=(1[234])/20260131T(1[234]0000)Z_[0-9a-zA-Z]{16}\.parquet"
)


def test_files_lie_by_the_hour_of_the_event_time(house: House) -> None:
    house.create()
    for identifier, at in (("1", NOON), ("2", ONE), ("3", TWO)):
        house.put(record(id=identifier, at=at))
    house.rows_at_last(3)
    found = [KEY.fullmatch(key) for key in house.files()]
    assert [match and match[1] for match in found] == ["12", "13", "14"]
    place = house.describe()["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"]
    assert all(f"s3://{BUCKET}/{key}".startswith(f"{place}/year=") for key in house.files())


def test_a_file_has_typed_columns_and_three_of_the_service(house: House) -> None:
    house.create()
    before = datetime.now(timezone.utc)
    house.put(record(id="1", at=NOON, rate="0.5", carrier="UA"))
    [row] = house.rows_at_last(1)
    moments = (row.pop("api_invocation_time"), row.pop("write_time"))
    assert row == {"id": 1, "at": NOON, "rate": 0.5, "carrier": "UA", "is_deleted": False}
    assert moments[0] <= moments[1] <= datetime.now(timezone.utc)
    assert abs((moments[0] - before).total_seconds()) < 60
    [key] = house.files()
    schema = pq.read_schema(pa.BufferReader(house.objects.read_bytes(BUCKET, key)))
    assert {field.name: str(field.type) for field in schema} == {
        "id": "int64",
        "at": "string",
        "rate": "double",
        "carrier": "string",
        "write_time": "timestamp[ms, tz=UTC]",
        "api_invocation_time": "timestamp[ms, tz=UTC]",
        "is_deleted": "bool",
    }
    assert schema.names[-3:] == ["write_time", "api_invocation_time", "is_deleted"]


def test_history_and_deletions_are_rows_too(house: House) -> None:
    house.create()
    house.put(record(id="1", at=ONE, rate="0.5"))
    house.put(record(id="1", at=NOON, rate="0.1"))
    house.delete("1", TWO)
    house.delete("2", TWO, DeletionMode="HardDelete")
    rows = house.rows_at_last(4)
    assert sorted((row["id"], row["at"], row["rate"], row["is_deleted"]) for row in rows[:2]) == [
        (1, NOON, 0.1, False),
        (1, ONE, 0.5, False),
    ]
    assert [(row["id"], row["rate"], row["is_deleted"]) for row in rows[2:]] == [
        (1, None, True),
        (2, None, True),
    ]


def test_a_file_that_a_kill_cut_off_is_written_once(house: House) -> None:
    """The file was in S3, and nobody had noted that it is."""
    house.create()
    group = house.features.get("flights")
    house.features.stop()
    with closing(sqlite3.connect(house.path, isolation_level=None)) as connection:
        connection.row_factory = sqlite3.Row
        given = record_of(group, record(id="1", at=NOON))
        offline_rows.add(connection, group, given, 1.0)
        file = offline_rows.begin(connection, group, int(given.event_time // 3600))
        assert file is not None
        rows = list(offline_rows.rows_of(connection, group, file))
        key = parquet.key_of(group, file)
        house.objects.put_bytes(BUCKET, key, parquet.content(group, file, rows))
        content = house.objects.read_bytes(BUCKET, key)
        offline_rows.add(connection, group, record_of(group, record(id="2", at=NOON)), 2.0)
    restarted = House(house.path, house.objects)
    restarted.features.start()
    assert [row["id"] for row in sorted(restarted.rows_at_last(2), key=itemgetter("id"))] == [1, 2]
    assert house.objects.read_bytes(BUCKET, key) == content
    wait_for(lambda: left(restarted) == 0)
    restarted.features.stop()


def test_a_file_has_no_more_rows_than_memory_has_room_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(offline_rows, "_MOST_ROWS", 3)
    house.create()
    entries = [
        {"FeatureGroupName": "flights", "Record": record(id=str(number), at=NOON)}
        for number in range(8)
    ]
    house.ask("POST", "/BatchWriteRecord", {"Entries": entries})
    assert sorted(row["id"] for row in house.rows_at_last(8)) == list(range(8))
    assert len(house.files()) == 3


def test_rows_wait_for_a_bucket_that_is_gone(house: House) -> None:
    house.create()
    house.objects.delete_bucket(BUCKET)
    house.put(record(id="1", at=NOON))
    blocked = wait_for(lambda: house.describe()["OfflineStoreStatus"].get("BlockedReason"))
    assert "bucket does not exist" in blocked
    assert house.get("1") is not None
    house.objects.create_bucket(BUCKET)
    house.put(record(id="2", at=NOON))
    house.rows_at_last(2)
    wait_for(lambda: house.describe()["OfflineStoreStatus"] == {"Status": "Active"})


def test_one_groups_trouble_is_not_the_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full for a while, say; a group that was deleted in it loses nothing."""
    write = parquet.content

    def fail(group: FeatureGroup, *rest: Any) -> bytes:
        if group.name == "troubled":
            raise OSError(28, "No space left on device")
        return write(group, *rest)

    monkeypatch.setattr(parquet, "content", fail)
    for name in ("troubled", "flights"):
        house.create(name)
        house.put(record(id="1", at=NOON, carrier=name), name)
    call(house.sagemaker, "DeleteFeatureGroup", {"FeatureGroupName": "troubled"})
    assert [row["carrier"] for row in house.rows_at_last(1)] == ["flights"]
    monkeypatch.undo()
    house.put(record(id="2", at=NOON))
    assert sorted(str(row["carrier"]) for row in house.rows_at_last(3)) == [
        "None",
        "flights",
        "troubled",
    ]
    wait_for(lambda: left(house) == 0)


def test_a_group_whose_bucket_is_gone_can_be_deleted(house: House) -> None:
    house.create()
    house.objects.delete_bucket(BUCKET)
    house.put(record(id="1", at=NOON))
    call(house.sagemaker, "DeleteFeatureGroup", {"FeatureGroupName": "flights"})
    wait_for(lambda: left(house) == 0)


def left(house: House) -> int:
    """How many rows are on their way, or records of deleted groups are left."""
    with closing(sqlite3.connect(house.path)) as connection:
        return sum(
            connection.execute(f"SELECT count(*) FROM {query}").fetchone()[0]
            for query in ("offline_rows", "offline_files", "groups WHERE deleted")
        )
