"""How fast feature groups take records and give them back, small and large.

Prints how many records a second PutRecord takes from eight threads of one client, and
BatchWriteRecord from one, and how long a GetRecord takes, of a group that is new, and of one with
1,000,000 records (an argument asks for another number). The records of the second are put there
without HTTP, before the service starts; new ones are new in both. Each record has eight features
and goes to both stores, and what goes offline is in S3 at the end: the time that took is printed.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from local_sagemaker.daemon import control
from local_sagemaker.feature_store.record import record_of
from local_sagemaker.feature_store.store import FeatureStore, Write
from local_sagemaker.home import Home
from local_sagemaker.s3.store import ObjectStore

THREADS = 8
PUTS = 4000
BATCHES = 200
GETS = 2000
FILLED_AT_ONCE = 5000
EVENT_TIME = "2026-01-31T00:00:00Z"
MEASURES = tuple(f"measure_{number}" for number in range(6))

Record = list[dict[str, str]]


def main() -> None:
    """Measure and print."""
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder)).create()
        fill(home, records)
        endpoint = control.ensure_started(home.root, 0)
        try:
            heads = ("group", "PutRecord/s", "BatchWrite/s", "GetRecord ms", "p99")
            print("".join(f"{head:>14}" for head in heads))
            for name, base in (("new", 0), ("full", records)):
                measure(endpoint.url, name, base)
            print(f"all is in S3 after another {wait_for_offline(home):.0f} s")
        finally:
            control.stop(home.root)


def definition(name: str) -> dict[str, Any]:
    """The request that creates a group of eight features."""
    features = [{"FeatureName": one, "FeatureType": "Fractional"} for one in MEASURES]
    return {
        "FeatureGroupName": name,
        "RecordIdentifierFeatureName": "id",
        "EventTimeFeatureName": "at",
        "FeatureDefinitions": [
            {"FeatureName": "id", "FeatureType": "Integral"},
            {"FeatureName": "at", "FeatureType": "String"},
            *features,
        ],
        "OnlineStoreConfig": {"EnableOnlineStore": True},
        "OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://bench/features"}},
        "RoleArn": "arn:aws:iam::000000000000:role/benchmark",
    }


def record(number: int) -> Record:
    """A record, by the number that identifies it."""
    values = {
        "id": str(number),
        "at": EVENT_TIME,
        **{name: str(number / (place + 7)) for place, name in enumerate(MEASURES)},
    }
    return [{"FeatureName": name, "ValueAsString": value} for name, value in values.items()]


def fill(home: Home, records: int) -> None:
    """Make both groups, and give one its records."""
    objects = ObjectStore(home.s3)
    objects.create_bucket("bench")
    store = FeatureStore(home.feature_database, objects)
    store.create("new", definition("new"), {})
    group = store.create("full", definition("full"), {})
    online = frozenset({"OnlineStore"})
    start = time.perf_counter()
    for first in range(0, records, FILLED_AT_ONCE):
        numbers = range(first, min(first + FILLED_AT_ONCE, records))
        store.put([Write(group, record_of(group, record(one)), online) for one in numbers])
    store.stop()
    print(f"{records} records without HTTP: {time.perf_counter() - start:.0f} s")


def measure(url: str, name: str, base: int) -> None:
    """Measure a group that has a number of records, and print it."""
    client = connect(url)
    client.put_record(FeatureGroupName=name, Record=record(base))
    puts = range(base + 1, base + 1 + PUTS)
    put = rate(
        puts, THREADS, lambda one: client.put_record(FeatureGroupName=name, Record=record(one))
    )
    batches = [range(first, first + 25) for first in range(puts.stop, puts.stop + BATCHES * 25, 25)]

    def write(numbers: range) -> None:
        entries = [{"FeatureGroupName": name, "Record": record(one)} for one in numbers]
        client.batch_write_record(Entries=entries)

    wrote = rate(batches, 1, write) * 25
    gets = [timed(client, name, (one * 7919) % (base + PUTS)) for one in range(1, GETS + 1)]
    median, slowest = statistics.median(gets), statistics.quantiles(gets, n=100)[98]
    print(f"{name:>14}{put:14.0f}{wrote:14.0f}{median * 1e3:14.2f}{slowest * 1e3:14.2f}")


def connect(url: str) -> Any:
    """A client of the records."""
    return boto3.client(
        "sagemaker-featurestore-runtime",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=Config(max_pool_connections=THREADS, retries={"total_max_attempts": 1}),
    )


def rate(items: Sequence[Any], threads: int, call: Callable[[Any], object]) -> float:
    """How many calls a second there are."""
    start = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        for _ in pool.map(call, items):
            pass
    return len(items) / (time.perf_counter() - start)


def timed(client: Any, name: str, number: int) -> float:
    """How many seconds it takes to get a record."""
    start = time.perf_counter()
    client.get_record(FeatureGroupName=name, RecordIdentifierValueAsString=str(number))
    return time.perf_counter() - start


def wait_for_offline(home: Home) -> float:
    """How many seconds it takes until all rows are in S3."""
    store = ObjectStore(home.s3)
    start = time.perf_counter()
    expected = 2 * (1 + PUTS + BATCHES * 25)
    while rows(store) < expected:
        time.sleep(0.5)
    return time.perf_counter() - start


def rows(store: ObjectStore) -> int:
    """How many rows there are in S3."""
    import pyarrow.parquet as pq
    from pyarrow import BufferReader

    found = [store.read_bytes("bench", one.key) for one in store.list("bench")]
    return sum(pq.read_metadata(BufferReader(data)).num_rows for data in found)


if __name__ == "__main__":
    main()
