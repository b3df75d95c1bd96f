"""The feature groups as people see them, in a page or in a table."""

from dataclasses import dataclass
from pathlib import Path

from local_sagemaker.feature_store import groups
from local_sagemaker.feature_store.schema import prepare
from local_sagemaker.sqlite_file import SqliteFile


@dataclass(frozen=True)
class GroupOverview:
    """A feature group, and how much it has.

    Args:
        name: Its name.
        created: When it was created, in seconds since the epoch.
        features: How many features it has.
        records: How many records are in its online store; None if it has none.
        rows: How many rows its offline store was given; None if it has none.
        offline: The S3 URI under which the offline store is; empty if it has none.
    """

    name: str
    created: float
    features: int
    records: int | None
    rows: int | None
    offline: str


def overview(path: Path) -> list[GroupOverview]:
    """All groups, by name; beside a daemon or without one.

    Args:
        path: The feature store's file.
    """
    if not path.exists():
        return []
    connection = SqliteFile(path, prepare).connection()
    found = []
    for group in sorted(groups.load(connection), key=lambda one: one.name):
        records, rows = groups.counts(connection, group)
        offline = "OfflineStore" in group.stores
        found.append(
            GroupOverview(
                name=group.name,
                created=group.created,
                features=len(group.features),
                records=records if "OnlineStore" in group.stores else None,
                rows=rows if offline else None,
                offline=f"s3://{'/'.join(group.offline_place)}" if offline else "",
            )
        )
    return found
