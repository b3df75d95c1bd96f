"""The offline store's files, as SageMaker lays them out."""

from collections.abc import Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from local_sagemaker.feature_store.group import Feature, FeatureGroup
from local_sagemaker.feature_store.offline_rows import OfflineFile, OfflineRow
from local_sagemaker.feature_store.record import Value

if TYPE_CHECKING:
    import pyarrow as pa


def key_of(group: FeatureGroup, file: OfflineFile) -> str:
    """Where a file lies in its bucket: its group's prefix, and a partition for each hour."""
    moment = datetime.fromtimestamp(file.hour * 3600, timezone.utc)
    hour = f"year={moment:%Y}/month={moment:%m}/day={moment:%d}/hour={moment:%H}"
    return f"{group.offline_place[1]}/{hour}/{file.name}"


def content(group: FeatureGroup, file: OfflineFile, rows: Sequence[OfflineRow]) -> bytes:
    """A file's bytes: a column for each feature, and three that the service adds.

    Raises:
        ImportError: pyarrow is not there.
    """
    # Only a daemon that has a row to write needs the 90 MB that it takes.
    import pyarrow as pa
    import pyarrow.parquet as pq

    moment = pa.timestamp("ms", tz="UTC")
    columns = {
        name: _column(feature, [row.record.features.get(name) for row in rows])
        for name, feature in group.features.items()
    }
    table = pa.table(
        {
            **columns,
            "write_time": pa.array([_milliseconds(file.written)] * len(rows), moment),
            "api_invocation_time": pa.array([_milliseconds(row.invoked) for row in rows], moment),
            "is_deleted": pa.array([row.record.deleted for row in rows], pa.bool_()),
        }
    )
    buffer = pa.BufferOutputStream()
    pq.write_table(table, buffer, compression="snappy")
    return bytes(buffer.getvalue())


def _column(feature: Feature, values: list[Value | None]) -> "pa.Array":
    import pyarrow as pa

    kinds: dict[str, tuple[Any, Any]] = {
        "Integral": (pa.int64(), int),
        "Fractional": (pa.float64(), float),
        "String": (pa.string(), str),
    }
    kind, convert = kinds[feature.type]
    if feature.collection is None:
        return pa.array([None if value is None else convert(value) for value in values], kind)
    lists = [None if value is None else list(map(convert, value)) for value in values]
    return pa.array(lists, pa.list_(kind))


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
