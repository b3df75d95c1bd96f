"""Feature groups as they are kept."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from local_sagemaker.account import ACCOUNT, REGION

_UNIT_SECONDS = {"Seconds": 1, "Minutes": 60, "Hours": 3600, "Days": 86400, "Weeks": 604_800}


@dataclass(frozen=True)
class Feature:
    """A feature's definition.

    Args:
        name: Its name.
        type: ``Integral``, ``Fractional`` or ``String``: of the value, or of each in a collection.
        collection: ``List``, ``Set`` or ``Vector``; None if it has one value.
        dimension: How many values a vector has.
    """

    name: str
    type: str
    collection: str | None = None
    dimension: int | None = None

    @classmethod
    def of(cls, definition: Mapping[str, Any]) -> "Feature":
        """Read it from its API form."""
        vector = definition.get("CollectionConfig", {}).get("VectorConfig", {})
        return cls(
            definition["FeatureName"],
            definition["FeatureType"],
            definition.get("CollectionType"),
            vector.get("Dimension"),
        )


@dataclass(frozen=True)
class FeatureGroup:
    """A feature group.

    Args:
        id: Another for each group, also for those that have had one name after the other.
        name: Its name.
        created: When it was created, in seconds since the epoch.
        modified: When it was changed last, likewise.
        members: What CreateFeatureGroup was given, less the tags, with what was changed since.
    """

    id: int
    name: str
    created: float
    modified: float
    members: Mapping[str, Any]

    @property
    def arn(self) -> str:
        """Its ARN."""
        return group_arn(self.name)

    @cached_property
    def features(self) -> Mapping[str, Feature]:
        """Its features by name, in the order of their definitions."""
        found = map(Feature.of, self.members["FeatureDefinitions"])
        return {feature.name: feature for feature in found}

    @property
    def identifier(self) -> str:
        """The feature that tells its records apart."""
        return str(self.members["RecordIdentifierFeatureName"])

    @property
    def event_time(self) -> str:
        """The feature that says as of when a record is."""
        return str(self.members["EventTimeFeatureName"])

    @cached_property
    def stores(self) -> frozenset[str]:
        """Which stores it has: ``OnlineStore``, ``OfflineStore`` or both."""
        return stores(self.members)

    @property
    def ttl(self) -> int | None:
        """For how many seconds after its event time a record is kept online; None: for ever."""
        return ttl_seconds(self.members.get("OnlineStoreConfig", {}).get("TtlDuration"))

    @cached_property
    def offline_place(self) -> tuple[str, str]:
        """The bucket of its offline store, and the prefix under which the hours lie."""
        bucket, prefix = split_uri(self.members["OfflineStoreConfig"]["S3StorageConfig"]["S3Uri"])
        own = f"{ACCOUNT}/sagemaker/{REGION}/offline-store/{self.name}-{int(self.created)}/data"
        return bucket, f"{prefix}/{own}" if prefix else own


def group_arn(name: str) -> str:
    """The ARN of a feature group."""
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:feature-group/{name}"


def split_uri(uri: str) -> tuple[str, str]:
    """The bucket and the prefix, without slashes at its ends, that an S3 URI names."""
    bucket, _, prefix = uri.partition("://")[2].partition("/")
    return bucket, prefix.strip("/")


def stores(members: Mapping[str, Any]) -> frozenset[str]:
    """Which stores a group of such members has."""
    found = set()
    if members.get("OnlineStoreConfig", {}).get("EnableOnlineStore"):
        found.add("OnlineStore")
    if "OfflineStoreConfig" in members:
        found.add("OfflineStore")
    return frozenset(found)


def ttl_seconds(duration: Mapping[str, Any] | None) -> int | None:
    """The length of a ``TtlDuration`` in seconds; None if there is none."""
    if not duration:
        return None
    return int(duration["Value"]) * _UNIT_SECONDS[duration["Unit"]]
