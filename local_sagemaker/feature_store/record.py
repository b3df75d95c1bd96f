"""Records: what a request gives, held against a group's definitions."""

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local_sagemaker.feature_store.errors import invalid_record
from local_sagemaker.feature_store.event_time import parse_event_time
from local_sagemaker.feature_store.group import Feature, FeatureGroup

Value = str | list[str]
"""A feature's value as it came: the text of one, or those of a collection."""

_INTEGER = re.compile(r"[+-]?\d{1,19}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True)
class Record:
    """A record, as one of the two stores keeps it.

    Args:
        identifier: The value of the identifying feature.
        event_time: In seconds since the epoch.
        features: The values by name, in no particular order; those without a value are left out.
        deleted: Whether it says that the record is deleted.
    """

    identifier: str
    event_time: float
    features: Mapping[str, Value]
    deleted: bool = False


def record_of(group: FeatureGroup, given: Iterable[Mapping[str, Any]]) -> Record:
    """The record that PutRecord is given.

    Raises:
        ServiceError: It does not fit the group's definitions; names the feature.
    """
    features: dict[str, Value] = {}
    for one in given:
        feature = known_feature(group, one["FeatureName"])
        if feature.name in features:
            raise invalid_record(f"The feature {feature.name} is given twice")
        value = _value(feature, one)
        if value is not None:
            features[feature.name] = value
    for name, what in ((group.identifier, "record identifier"), (group.event_time, "event time")):
        if not features.get(name):
            raise invalid_record(f"The record has no value for its {what}, the feature {name}")
    return Record(str(features[group.identifier]), event_time(group, features), features)


def marker_of(group: FeatureGroup, identifier: str, time: str) -> Record:
    """What says, in the offline store and to a soft delete, that a record is deleted.

    Raises:
        ServiceError: The time, or the identifier, is none that a record could have.
    """
    features: dict[str, Value] = {group.identifier: identifier, group.event_time: time}
    _check(group.features[group.identifier], identifier)
    return Record(identifier, event_time(group, features), features, deleted=True)


def event_time(group: FeatureGroup, features: Mapping[str, Value]) -> float:
    """The event time of a record in seconds.

    Raises:
        ServiceError: It has another form than the group's definition says.
    """
    kind = group.features[group.event_time].type
    return parse_event_time(str(features[group.event_time]), kind)


def known_feature(group: FeatureGroup, name: str) -> Feature:
    """A feature by its name.

    Raises:
        ServiceError: The group has none of that name.
    """
    if name not in group.features:
        raise invalid_record(
            f"The feature {name} is not in the feature definitions of FeatureGroup {group.name}"
        )
    return group.features[name]


def shown(group: FeatureGroup, features: Mapping[str, Value]) -> list[dict[str, Any]]:
    """A record in its API form, in the order of the definitions."""
    return [
        {"FeatureName": name, _member(features[name]): features[name]}
        for name in group.features
        if name in features
    ]


def _member(value: Value) -> str:
    return "ValueAsStringList" if isinstance(value, list) else "ValueAsString"


def _value(feature: Feature, given: Mapping[str, Any]) -> Value | None:
    single, several = given.get("ValueAsString"), given.get("ValueAsStringList")
    if single is not None and several is not None:
        raise invalid_record(f"The feature {feature.name} has ValueAsString and ValueAsStringList")
    value: Value | None = single if several is None else several
    if value is None:
        return None
    if isinstance(value, list) != (feature.collection is not None):
        needed = "ValueAsStringList" if feature.collection else "ValueAsString"
        raise invalid_record(f"The value of the feature {feature.name} belongs in {needed}")
    for text in value if isinstance(value, list) else [value]:
        _check(feature, text)
    if isinstance(value, list):
        _check_collection(feature, value)
    return value


def _check(feature: Feature, text: str) -> None:
    good = True
    if feature.type == "Integral":
        good = bool(_INTEGER.fullmatch(text)) and -(2**63) <= int(text) < 2**63
    elif feature.type == "Fractional":
        good = bool(_DECIMAL.fullmatch(text)) and math.isfinite(float(text))
    if not good:
        raise invalid_record(
            f"The value {text[:100]!r} of the feature {feature.name} is not {feature.type}"
        )


def _check_collection(feature: Feature, values: list[str]) -> None:
    if feature.collection == "Set" and len(set(values)) < len(values):
        raise invalid_record(f"The set {feature.name} has a value twice")
    if feature.collection == "Vector" and len(values) != feature.dimension:
        raise invalid_record(
            f"The vector {feature.name} has {len(values)} values instead of {feature.dimension}"
        )
