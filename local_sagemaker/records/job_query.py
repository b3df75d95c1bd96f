"""Which jobs, in which order, from where on: a page of a list, as SQL."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from local_sagemaker.kinds import JobKind
from local_sagemaker.records.warm_pools import STATUS as POOL_STATUS

SortBy = Literal["created", "name", "status"]


@dataclass(frozen=True)
class JobQuery:
    """A selection of the jobs of one kind.

    Args:
        kind: The kind.
        created_after: Seconds since the epoch, exclusive, like the other three.
        created_before: See ``created_after``.
        modified_after: See ``created_after``.
        modified_before: See ``created_after``.
        name_contains: Part of the name, as it is written.
        status: The status.
        warm_pool: The status of the warm pool; only for kinds that have some.
        requested: Members of the request, by their paths, that have these values.
        sort_by: What orders them; jobs that are equal in it are ordered by name.
        descending: Whether the order is reversed.
        after: The sort value and name of the job that comes just before the first one.
        limit: The most jobs to return.
    """

    kind: JobKind
    created_after: float | None = None
    created_before: float | None = None
    modified_after: float | None = None
    modified_before: float | None = None
    name_contains: str | None = None
    status: str | None = None
    warm_pool: str | None = None
    requested: Mapping[str, str] = field(default_factory=dict)
    sort_by: SortBy = "created"
    descending: bool = False
    after: tuple[float | str, str] | None = None
    limit: int = -1

    def sql(self) -> tuple[str, list[Any]]:
        """The clauses from ``WHERE`` on, and their parameters."""
        beyond, order = ("<", "DESC") if self.descending else (">", "ASC")
        conditions = {
            "kind = ?": self.kind.name,
            "created > ?": self.created_after,
            "created < ?": self.created_before,
            "modified > ?": self.modified_after,
            "modified < ?": self.modified_before,
            "instr(name, ?) > 0": self.name_contains,
            "status = ?": self.status,
        }
        given = [text for text, value in conditions.items() if value is not None]
        values: list[Any] = [value for value in conditions.values() if value is not None]
        for path, value in self.requested.items():
            given.append("json_extract(request, ?) = ?")
            values += [f"$.{path}", value]
        if self.warm_pool is not None:
            given.append(f"name IN (SELECT name FROM warm_pools WHERE {POOL_STATUS} = ?)")
            values += [time.time(), self.warm_pool]
        if self.after is not None:
            given.append(f"({self.sort_by}, name) {beyond} (?, ?)")
            values += self.after
        clauses = (
            f"WHERE {' AND '.join(given)} ORDER BY {self.sort_by} {order}, name {order} LIMIT ?"
        )
        return clauses, [*values, self.limit]
