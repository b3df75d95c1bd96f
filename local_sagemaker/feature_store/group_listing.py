"""ListFeatureGroups: which groups, in which order, from where on."""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from local_sagemaker.service_errors import invalid

_DEFAULT_PAGE = 10


def list_groups(
    summaries: Iterable[Mapping[str, Any]], request: Mapping[str, Any]
) -> dict[str, Any]:
    """The page of groups that a request asks for.

    Args:
        summaries: All groups, as the page shows them.
        request: Of ``ListFeatureGroups``.

    Raises:
        ServiceError: The token is none of ours, or belongs to another list.
    """
    by = request.get("SortBy", "CreationTime")
    descending = request.get("SortOrder", "Descending") == "Descending"
    size = request.get("MaxResults", _DEFAULT_PAGE)
    places = sorted(
        ((_place(summary, by), summary) for summary in summaries if _selected(summary, request)),
        key=lambda pair: pair[0],
        reverse=descending,
    )
    if "NextToken" in request:
        last = _read(request["NextToken"], by, descending=descending)
        places = [pair for pair in places if (pair[0] < last if descending else pair[0] > last)]
    page = places[:size]
    response: dict[str, Any] = {"FeatureGroupSummaries": [summary for _, summary in page]}
    if len(places) > size:
        token = json.dumps([by, descending, *page[-1][0]])
        response["NextToken"] = base64.urlsafe_b64encode(token.encode()).decode()
    return response


def _selected(summary: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    created = summary["CreationTime"]
    first = request.get("CreationTimeAfter", created)
    last = request.get("CreationTimeBefore", created)
    offline = summary.get("OfflineStoreStatus", {}).get("Status", "Disabled")
    return (
        request.get("NameContains", "") in summary["FeatureGroupName"]
        and first <= created <= last
        and request.get("FeatureGroupStatusEquals") in {None, summary["FeatureGroupStatus"]}
        and request.get("OfflineStoreStatusEquals") in {None, offline}
    )


def _place(summary: Mapping[str, Any], by: str) -> tuple[Any, str]:
    """What a group is sorted by; names tell apart what is equal."""
    name: str = summary["FeatureGroupName"]
    if by == "CreationTime":
        return summary["CreationTime"], name
    if by == "OfflineStoreStatus":
        return summary.get("OfflineStoreStatus", {}).get("Status", ""), name
    return name if by == "Name" else summary["FeatureGroupStatus"], name


def _read(token: str, by: str, *, descending: bool) -> tuple[Any, str]:
    try:
        token_by, token_descending, value, name = json.loads(base64.urlsafe_b64decode(token))
    except (ValueError, TypeError, RecursionError):
        raise invalid("Invalid NextToken") from None
    good = isinstance(value, float if by == "CreationTime" else str) and isinstance(name, str)
    if (token_by, token_descending) != (by, descending) or not good:
        raise invalid("Invalid NextToken: it belongs to another list")
    return value, name
