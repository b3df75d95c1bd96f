"""AddTags, ListTags and DeleteTags."""

from collections.abc import Iterable, Mapping
from typing import Any

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


class TagOperations:
    """The tags of jobs.

    Args:
        store: Where jobs and tags are kept.
    """

    def __init__(self, store: JobStore) -> None:
        self._store = store

    def add_tags(self, request: Members) -> dict[str, Any]:
        """Answer ``AddTags``: tags of the same keys are replaced.

        Raises:
            ServiceError: There is no such job, or it would have more than 50 tags.
        """
        arn = self._known(request["ResourceArn"])
        check_tags(request["Tags"])
        new = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
        if len(self._store.tags(arn) | new) > _MOST_TAGS:
            raise invalid(f"A resource can have at most {_MOST_TAGS} tags: {arn}")
        self._store.put_tags(arn, new)
        return {"Tags": self._tags(arn)}

    def list_tags(self, request: Members) -> dict[str, Any]:
        """Answer ``ListTags``: all of them, since a page has room for more than there can be.

        Raises:
            ServiceError: There is no such job, or a token: no answer has one.
        """
        if "NextToken" in request:
            raise invalid("Invalid NextToken")
        return {"Tags": self._tags(self._known(request["ResourceArn"]))}

    def delete_tags(self, request: Members) -> dict[str, Any]:
        """Answer ``DeleteTags``.

        Raises:
            ServiceError: There is no such job.
        """
        self._store.delete_tags(self._known(request["ResourceArn"]), request["TagKeys"])
        return {}

    def _known(self, arn: str) -> str:
        """The ARN, if a job has it."""
        name = arn.rpartition("/")[2]
        if any(
            arn == job_arn(kind, name) and self._store.get(kind, name) for kind in KINDS.values()
        ):
            return arn
        raise ServiceError("ResourceNotFound", f"Could not find resource with ARN: {arn}")

    def _tags(self, arn: str) -> list[dict[str, str]]:
        return [{"Key": key, "Value": value} for key, value in self._store.tags(arn).items()]
