"""What the checks of all kinds of job ask of parts of a request."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from local_sagemaker.service_errors import invalid


def require(holder: Mapping[str, Any], place: str, *members: str) -> None:
    """Refuse a structure without some of its members."""
    missing = [member for member in members if member not in holder]
    if missing:
        raise invalid(f"{place} is missing {', '.join(missing)}")


def require_unique(member: str, entries: Iterable[Mapping[str, Any]]) -> None:
    """Refuse a list in which two entries have the same value of a member."""
    counts = Counter(entry[member] for entry in entries)
    for name, count in counts.items():
        if count > 1:
            raise invalid(f"{member} '{name}' is used {count} times; each must have its own")


def require_s3(place: str, uri: str) -> None:
    """Refuse a URI that is none of S3."""
    if not uri.startswith("s3://"):
        raise invalid(f"{place}: '{uri}' is not an S3 URI: it must begin with s3://")
