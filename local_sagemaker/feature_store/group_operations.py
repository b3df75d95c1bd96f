"""The operations on feature groups, which are SageMaker's own."""

from collections.abc import Mapping
from typing import Any

from local_sagemaker.api.tag_operations import check_tags
from local_sagemaker.api.unsupported import refuse
from local_sagemaker.feature_store.errors import invalid_group
from local_sagemaker.feature_store.group import FeatureGroup, split_uri
from local_sagemaker.feature_store.group_listing import list_groups
from local_sagemaker.feature_store.group_request import (
    REFUSED,
    check_definitions,
    check_new_group,
    check_ttl,
)
from local_sagemaker.feature_store.store import FeatureStore
from local_sagemaker.s3.store import ObjectStore

Members = Mapping[str, Any]

_LONGEST_REASON = 1024


class GroupOperations:
    """Answers for feature groups.

    Args:
        store: Where they are.
        objects: Where their offline stores are.
    """

    def __init__(self, store: FeatureStore, objects: ObjectStore) -> None:
        self._store = store
        self._objects = objects

    def create(self, request: Members) -> dict[str, Any]:
        """Answer ``CreateFeatureGroup``.

        Raises:
            ServiceError: The group is taken, cannot be, or has no bucket.
        """
        refuse(REFUSED, request)
        check_new_group(request)
        tags = request.get("Tags", [])
        check_tags(tags)
        self._check_bucket(request)
        members = {name: value for name, value in request.items() if name != "Tags"}
        pairs = {tag["Key"]: tag["Value"] for tag in tags}
        return {
            "FeatureGroupArn": self._store.create(request["FeatureGroupName"], members, pairs).arn
        }

    def describe(self, request: Members) -> dict[str, Any]:
        """Answer ``DescribeFeatureGroup``, with all definitions on the one page that there is.

        Raises:
            ServiceError: There is no such group.
        """
        group = self._store.get(request["FeatureGroupName"])
        described = {
            **group.members,
            "FeatureGroupArn": group.arn,
            "CreationTime": group.created,
            "LastModifiedTime": group.modified,
            "FeatureGroupStatus": "Created",
            "ThroughputConfig": group.members.get(
                "ThroughputConfig", {"ThroughputMode": "OnDemand"}
            ),
        }
        if group.modified > group.created:
            described["LastUpdateStatus"] = {"Status": "Successful"}
        if "OfflineStore" in group.stores:
            described["OfflineStoreConfig"] = _offline(group)
            described["OfflineStoreStatus"] = self._offline_status(group)
        return described

    def list_groups(self, request: Members) -> dict[str, Any]:
        """Answer ``ListFeatureGroups``.

        Raises:
            ServiceError: The token is none of ours.
        """
        return list_groups(map(self._summary, self._store.all()), request)

    def update(self, request: Members) -> dict[str, Any]:
        """Answer ``UpdateFeatureGroup``.

        Raises:
            ServiceError: There is no such group, or it cannot be changed so.
        """
        group = self._store.get(request["FeatureGroupName"])
        changes = [name for name in request if name != "FeatureGroupName"]
        if len(changes) != 1:
            raise invalid_group(
                "Give one of FeatureAdditions, OnlineStoreConfig and ThroughputConfig at a time"
            )
        changed = self._store.update(group.name, lambda current: _changed(current, request))
        return {"FeatureGroupArn": changed.arn}

    def delete(self, request: Members) -> dict[str, Any]:
        """Answer ``DeleteFeatureGroup``.

        Raises:
            ServiceError: There is no such group.
        """
        self._store.delete(self._store.get(request["FeatureGroupName"]).name)
        return {}

    def _check_bucket(self, request: Members) -> None:
        if "OfflineStoreConfig" in request:
            uri = request["OfflineStoreConfig"]["S3StorageConfig"]["S3Uri"]
            bucket = split_uri(uri)[0]
            if not self._objects.bucket_exists(bucket):
                raise invalid_group(f"The bucket {bucket} of S3Uri {uri} does not exist")

    def _offline_status(self, group: FeatureGroup) -> dict[str, str]:
        reason = self._store.blocked(group)
        if reason is None:
            return {"Status": "Active"}
        return {"Status": "Blocked", "BlockedReason": reason[:_LONGEST_REASON]}

    def _summary(self, group: FeatureGroup) -> dict[str, Any]:
        summary: dict[str, Any] = {
            "FeatureGroupName": group.name,
            "FeatureGroupArn": group.arn,
            "CreationTime": group.created,
            "FeatureGroupStatus": "Created",
        }
        if "OfflineStore" in group.stores:
            summary["OfflineStoreStatus"] = self._offline_status(group)
        return summary


def _offline(group: FeatureGroup) -> dict[str, Any]:
    config = group.members["OfflineStoreConfig"]
    place = {"ResolvedOutputS3Uri": f"s3://{'/'.join(group.offline_place)}"}
    return {
        "DisableGlueTableCreation": False,
        **config,
        "S3StorageConfig": {**config["S3StorageConfig"], **place},
    }


def _changed(group: FeatureGroup, request: Members) -> dict[str, Any]:
    """The members that UpdateFeatureGroup gives a group."""
    if "FeatureAdditions" in request:
        known, additions = group.members["FeatureDefinitions"], request["FeatureAdditions"]
        check_definitions(additions, known, group.members)
        return {"FeatureDefinitions": [*known, *additions]}
    if "OnlineStoreConfig" in request:
        return {"OnlineStoreConfig": _online(group, request["OnlineStoreConfig"])}
    return {"ThroughputConfig": request["ThroughputConfig"]}


def _online(group: FeatureGroup, update: Members) -> dict[str, Any]:
    """The online store's configuration, changed."""
    if "OnlineStore" not in group.stores:
        raise invalid_group(f"FeatureGroup {group.name} has no OnlineStore")
    changed = {**group.members["OnlineStoreConfig"], **update}
    duration = update.get("TtlDuration")
    if duration == {}:  # both members null: the group's records are to stay
        del changed["TtlDuration"]
    else:
        check_ttl(duration)
    return changed
