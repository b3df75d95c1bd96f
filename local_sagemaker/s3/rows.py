"""Rows of the index and the records they stand for."""

import json
import sqlite3
from collections.abc import Mapping

from local_sagemaker.s3.records import (
    Attributes,
    BucketInfo,
    Checksum,
    ObjectInfo,
    Part,
    StoredObject,
    Upload,
)


def bucket_from_row(row: sqlite3.Row) -> BucketInfo:
    """Read a row of ``buckets``."""
    return BucketInfo(row["name"], row["created"], row["location"], json.loads(row["tags"]))


def object_from_row(row: sqlite3.Row) -> StoredObject:
    """Read a row of ``objects``."""
    attributes = _attributes(row)
    info = ObjectInfo(
        bucket=row["bucket"],
        key=row["key"],
        size=row["size"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        content_type=attributes.content_type,
        metadata=attributes.metadata,
    )
    checksum = None
    if row["checksum_algorithm"] is not None:
        checksum = Checksum(row["checksum_algorithm"], row["checksum_value"], row["checksum_type"])
    return StoredObject(info, row["blob"], attributes, checksum)


def object_to_row(stored: StoredObject) -> dict[str, object]:
    """Write a row of ``objects``."""
    info, checksum = stored.info, stored.checksum
    return {
        "bucket": info.bucket,
        "key": info.key,
        "blob": stored.blob,
        "size": info.size,
        "etag": info.etag,
        "last_modified": info.last_modified,
        **_attribute_columns(stored.attributes),
        "checksum_algorithm": checksum.algorithm if checksum else None,
        "checksum_value": checksum.value if checksum else None,
        "checksum_type": checksum.kind if checksum else None,
    }


def upload_from_row(row: sqlite3.Row) -> Upload:
    """Read a row of ``uploads``."""
    return Upload(
        id=row["id"],
        bucket=row["bucket"],
        key=row["key"],
        initiated=row["initiated"],
        attributes=_attributes(row),
        algorithm=row["checksum_algorithm"],
        kind=row["checksum_type"],
    )


def upload_to_row(upload: Upload) -> dict[str, object]:
    """Write a row of ``uploads``."""
    return {
        "id": upload.id,
        "bucket": upload.bucket,
        "key": upload.key,
        "initiated": upload.initiated,
        "allocated": 0,
        **_attribute_columns(upload.attributes),
        "checksum_algorithm": upload.algorithm,
        "checksum_type": upload.kind,
    }


def part_from_row(row: sqlite3.Row) -> Part:
    """Read a row of ``parts``."""
    return Part(
        number=row["number"],
        offset=row["offset"],
        size=row["size"],
        etag=row["etag"],
        last_modified=row["last_modified"],
        checksum=row["checksum"],
    )


def part_to_row(blob: str, part: Part) -> dict[str, object]:
    """Write a row of ``parts``."""
    return {"blob": blob, **vars(part)}


def insert(connection: sqlite3.Connection, table: str, row: Mapping[str, object]) -> None:
    """Insert a row, or replace the one with the same primary key."""
    columns = ", ".join(row)
    values = ", ".join(f":{column}" for column in row)
    query = f"INSERT OR REPLACE INTO {table} ({columns}) VALUES ({values})"
    connection.execute(query, row)


def _attributes(row: sqlite3.Row) -> Attributes:
    return Attributes(
        content_type=row["content_type"],
        metadata=json.loads(row["metadata"]),
        headers=json.loads(row["headers"]),
        tags=json.loads(row["tags"]),
    )


def _attribute_columns(attributes: Attributes) -> dict[str, object]:
    return {
        "content_type": attributes.content_type,
        "metadata": json.dumps(dict(attributes.metadata)),
        "headers": json.dumps(dict(attributes.headers)),
        "tags": json.dumps(dict(attributes.tags)),
    }
