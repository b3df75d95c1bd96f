"""What CreateFeatureGroup and UpdateFeatureGroup may ask for."""

from collections.abc import Iterable, Mapping
from typing import Any

from local_sagemaker.feature_store.errors import invalid_group
from local_sagemaker.feature_store.group import split_uri, stores
from local_sagemaker.jobs.kinds.limits import NO_KEYS, NO_ROLES, Ignored, Limit

RESERVED = frozenset({"is_deleted", "write_time", "api_invocation_time"})
MOST_FEATURES = 2500

_NO_GLUE = "there is no Glue and no Athena here: read the files under ResolvedOutputS3Uri"

REFUSED = (
    Limit(
        "OfflineStoreConfig.TableFormat",
        only=("Default", "Glue"),
        why="there is no Iceberg here; the layout of Glue's tables needs no catalog to be read",
    ),
    Limit(
        "OfflineStoreConfig.S3StorageConfig.ResolvedOutputS3Uri",
        why="it is read-only: only Describe answers with it",
    ),
)

WITHOUT_EFFECT = (
    Ignored("OnlineStoreConfig.SecurityConfig", NO_KEYS),
    Ignored("OnlineStoreConfig.StorageType", "records are in SQLite, whichever is named"),
    Ignored("OfflineStoreConfig.S3StorageConfig.KmsKeyId", NO_KEYS),
    Ignored("OfflineStoreConfig.DisableGlueTableCreation", _NO_GLUE),
    Ignored("OfflineStoreConfig.DataCatalogConfig", _NO_GLUE),
    Ignored("ThroughputConfig", "there is no quota of requests"),
    Ignored("RoleArn", NO_ROLES),
)


def check_new_group(members: Mapping[str, Any]) -> None:
    """Refuse a group that SageMaker would refuse.

    Raises:
        ServiceError: It names what to change.
    """
    if not stores(members):
        raise invalid_group(
            "OnlineStore and OfflineStore cannot be both disabled. "
            "Please enable at least one of them and retry the request."
        )
    definitions = members["FeatureDefinitions"]
    check_definitions(definitions, [], members)
    types = {one["FeatureName"]: one for one in definitions}
    for role in ("RecordIdentifierFeatureName", "EventTimeFeatureName"):
        name = members[role]
        if name not in types:
            raise invalid_group(f"{role} {name} is not in FeatureDefinitions")
        if "CollectionType" in types[name]:
            raise invalid_group(f"{role} {name} cannot be a collection")
    time = types[members["EventTimeFeatureName"]]
    if time["FeatureType"] == "Integral":
        raise invalid_group(
            f"The event time feature {time['FeatureName']} must be String or Fractional"
        )
    check_ttl(members.get("OnlineStoreConfig", {}).get("TtlDuration"))
    _check_offline(members)


def check_ttl(duration: Mapping[str, Any] | None) -> None:
    """Refuse half a duration.

    Raises:
        ServiceError: It lacks a member.
    """
    if duration is not None and set(duration) != {"Unit", "Value"}:
        raise invalid_group("TtlDuration needs both Unit and Value")


def check_definitions(
    definitions: Iterable[Mapping[str, Any]],
    known: Iterable[Mapping[str, Any]],
    members: Mapping[str, Any],
) -> None:
    """Refuse definitions that are reserved, given twice, or make no sense.

    Args:
        definitions: The new ones.
        known: Those that the group has.
        members: The group's.

    Raises:
        ServiceError: It names the feature.
    """
    names = {one["FeatureName"] for one in known}
    for one in definitions:
        name = one["FeatureName"]
        if name.lower() in RESERVED:
            reserved = ", ".join(sorted(RESERVED))
            raise invalid_group(f"The feature name {name} is reserved; these are: {reserved}")
        if name in names:
            raise invalid_group(f"The feature {name} is defined twice")
        names.add(name)
        _check_collection(one, members)
    if len(names) > MOST_FEATURES:
        raise invalid_group(f"A FeatureGroup can have at most {MOST_FEATURES} features")


def _check_collection(definition: Mapping[str, Any], members: Mapping[str, Any]) -> None:
    name, kind = definition["FeatureName"], definition.get("CollectionType")
    vector = definition.get("CollectionConfig", {}).get("VectorConfig")
    if (kind == "Vector") != (vector is not None):
        raise invalid_group(f"{name}: a Vector, and nothing else, needs a VectorConfig")
    if kind == "Vector" and definition["FeatureType"] != "Fractional":
        raise invalid_group(f"{name}: the values of a Vector must be Fractional")
    online = members.get("OnlineStoreConfig", {})
    standard = "OnlineStore" in stores(members) and online.get("StorageType") != "InMemory"
    if kind and standard:
        raise invalid_group(f"{name}: an online store has collections only if it is InMemory")


def _check_offline(members: Mapping[str, Any]) -> None:
    offline = members.get("OfflineStoreConfig")
    if offline is None:
        return
    if "RoleArn" not in members:
        raise invalid_group("RoleArn is required for an OfflineStore")
    uri = offline["S3StorageConfig"]["S3Uri"]
    if not uri.startswith("s3://") or not split_uri(uri)[0]:
        raise invalid_group(f"S3Uri {uri} must name a bucket, as s3://bucket/prefix does")
