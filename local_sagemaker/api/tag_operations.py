"""AddTags, ListTags and DeleteTags."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from local_sagemaker.account import job_arn
from local_sagemaker.kinds import KINDS
from local_sagemaker.records.store import JobStore
from local_sagemaker.service_errors import ServiceError, invalid

_MOST_TAGS = 50

Members = Mapping[str, Any]


def check_tags(tags: Iterable[Mapping[str, str]]) -> None:
    """Refuse tags that the service keeps for itself, and keys that are given twice.

    Raises:
        ServiceError: It names the key.
    """
    seen: set[str] = set()
    for key in (tag["Key"] for tag in tags):
        if key.lower().startswith("aws:"):
            raise invalid(f"Tag keys that begin with aws: are reserved for system use: {key}")
        if key in seen:
            raise invalid(f"Duplicate tag keys found: {key}")
        seen.add(key)


class TagStore(Protocol):
    """Where the tags of some resources are kept, by ARN."""

    def tags(self, arn: str) -> dict[str, str]:
        """A resource's tags, by key."""

    def put_tags(self, arn: str, tags: Mapping[str, str]) -> None:
        """Add tags, replacing those of the same keys."""

    def delete_tags(self, arn: str, keys: list[str]) -> None:
        """Remove tags; keys that are not there are passed over."""


class ResourceStore(TagStore, Protocol):
    """Resources with their tags."""

    def has(self, arn: str) -> bool:
        """Whether one of them has this ARN."""


class TagOperations:
    """The tags of jobs and of other resources.

    Args:
        store: Where jobs and their tags are kept.
        also: Whether an ARN is one of something else whose tags are kept there.
        others: Where other resources are.
    """

    def __init__(
        self, store: JobStore, also: Callable[[str], bool], *others: ResourceStore
    ) -> None:
        self._also = also
        self._store = store
        self._others = others

    def add_tags(self, request: Members) -> dict[str, Any]:
        """Answer ``AddTags``: tags of the same keys are replaced.

        Raises:
            ServiceError: There is no such resource, or it would have more than 50 tags.
        """
        arn = request["ResourceArn"]
        store = self._store_of(arn)
        check_tags(request["Tags"])
        new = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
        if len(store.tags(arn) | new) > _MOST_TAGS:
            raise invalid(f"A resource can have at most {_MOST_TAGS} tags: {arn}")
        store.put_tags(arn, new)
        return {"Tags": _tags(store, arn)}

    def list_tags(self, request: Members) -> dict[str, Any]:
        """Answer ``ListTags``: all of them, since a page has room for more than there can be.

        Raises:
            ServiceError: There is no such resource, or a token: no answer has one.
        """
        if "NextToken" in request:
            raise invalid("Invalid NextToken")
        arn = request["ResourceArn"]
        return {"Tags": _tags(self._store_of(arn), arn)}

    def delete_tags(self, request: Members) -> dict[str, Any]:
        """Answer ``DeleteTags``.

        Raises:
            ServiceError: There is no such resource.
        """
        arn = request["ResourceArn"]
        self._store_of(arn).delete_tags(arn, request["TagKeys"])
        return {}

    def _store_of(self, arn: str) -> TagStore:
        """Where the tags of the resource of an ARN are."""
        name = arn.rpartition("/")[2]
        if any(
            arn == job_arn(kind, name) and self._store.get(kind, name) for kind in KINDS.values()
        ) or self._also(arn):
            return self._store
        for store in self._others:
            if store.has(arn):
                return store
        raise ServiceError("ResourceNotFound", f"Could not find resource with ARN: {arn}")


def _tags(store: TagStore, arn: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in store.tags(arn).items()]
