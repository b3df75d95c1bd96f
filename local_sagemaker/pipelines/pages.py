"""Pages of lists: filters, order and token as SQL."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from local_sagemaker.service_errors import invalid

T = TypeVar("T")

_DEFAULT_SIZE = 100


@dataclass(frozen=True)
class Page:
    """A page of a list.

    Args:
        conditions: SQL conditions and their values; those of None are left out.
        columns: What orders it: a column, and one that tells rows apart which are equal in it.
        descending: Whether the order is reversed.
        after: The values of the columns in the row just before the first one.
        limit: The most rows; one more is read, which tells whether there is another page.
    """

    conditions: Mapping[str, Any]
    columns: tuple[str, str]
    descending: bool
    after: tuple[Any, Any] | None
    limit: int

    def sql(self) -> tuple[str, list[Any]]:
        """The clauses from ``WHERE`` on, and their values."""
        beyond, order = ("<", "DESC") if self.descending else (">", "ASC")
        given = {text: value for text, value in self.conditions.items() if value is not None}
        where, values = list(given), list(given.values())
        if self.after is not None:
            where.append(f"({', '.join(self.columns)}) {beyond} (?, ?)")
            values += self.after
        clauses = f"WHERE {' AND '.join(where)} " if where else ""
        ordered = ", ".join(f"{column} {order}" for column in self.columns)
        return f"{clauses}ORDER BY {ordered} LIMIT ?", [*values, self.limit + 1]


def page_of(
    request: Mapping[str, Any],
    conditions: Mapping[str, Any],
    columns: tuple[str, str],
    *,
    descending: bool,
) -> Page:
    """The page that a List call asks for.

    Args:
        request: Its members.
        conditions: See ``Page``.
        columns: See ``Page``.
        descending: Whether the order is reversed where the call does not say so.

    Raises:
        ServiceError: Its token is none of this list.
    """
    order = request.get("SortOrder")
    if order is not None:
        descending = order == "Descending"
    name = [*columns, descending]
    after = None
    if "NextToken" in request:
        try:
            read = json.loads(base64.urlsafe_b64decode(request["NextToken"].encode()))
            good = read[:-2] == name and isinstance(read[-1], str)
            good = good and isinstance(read[-2], str | float)
        except (ValueError, TypeError, RecursionError):
            good = False
        if not good:
            raise invalid("Invalid NextToken: it is none of this list")
        after = (read[-2], read[-1])
    limit = request.get("MaxResults", _DEFAULT_SIZE)
    return Page(conditions, columns, descending, after, limit)


def answer(
    page: Page, member: str, found: list[T], summary: Callable[[T], Mapping[str, Any]]
) -> dict[str, Any]:
    """The response of a List call.

    Args:
        page: The page.
        member: The member that has the summaries.
        found: What the page has, and perhaps one more.
        summary: Makes a summary.
    """
    shown = found[: page.limit]
    response: dict[str, Any] = {member: [summary(one) for one in shown]}
    if len(found) > page.limit:
        last = [getattr(shown[-1], column) for column in page.columns]
        text = json.dumps([*page.columns, page.descending, *last])
        response["NextToken"] = base64.urlsafe_b64encode(text.encode()).decode()
    return response
