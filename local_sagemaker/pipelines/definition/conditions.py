"""Conditions of a condition step: checked, and held against values."""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from local_sagemaker.pipelines.definition.places import (
    array,
    listed,
    member,
    only,
    shown,
    structure,
    wrong,
)

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
_MEMBERS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_COMPARISONS, ("LeftValue", "RightValue")),
    "In": ("QueryValue", "Values"),
    "Not": ("Expression",),
    "Or": ("Conditions",),
}

NOT_OLD = "Condition"
"""What the SDKs call the member ``Expression`` of ``Not``."""


class NotComparableError(Exception):
    """Two values cannot be compared; says which."""


def check_conditions(value: Any, place: str) -> None:
    """Refuse conditions that cannot be held against anything.

    Raises:
        ServiceError: It names the place.
    """
    for number, one in enumerate(array(value, place)):
        _check(structure(one, f"{place}[{number}]"), f"{place}[{number}]")


def _check(condition: Mapping[str, Any], place: str) -> None:
    of_type = member(condition, "Type", place)
    if of_type not in _MEMBERS:
        raise wrong(f"{place}.Type", f"{shown(of_type)} is none of {listed(_MEMBERS)}")
    names = _MEMBERS[of_type]
    if of_type == "Not" and NOT_OLD in condition:
        names = (NOT_OLD,)
    only(condition, ("Type", *names), place)
    for name in names:
        if name not in condition:
            raise wrong(place, f"{name} is missing")
    if of_type == "Not":
        _check(structure(condition[names[0]], f"{place}.{names[0]}"), f"{place}.{names[0]}")
    elif of_type == "Or":
        check_conditions(condition["Conditions"], f"{place}.Conditions")
    elif of_type == "In":
        array(condition["Values"], f"{place}.Values")


def hold(conditions: list[Mapping[str, Any]]) -> bool:
    """Whether all conditions are true.

    Args:
        conditions: With values where their expressions were.

    Raises:
        NotComparableError: Two values are of types that cannot be compared.
    """
    return all(map(_holds, conditions))


def _holds(condition: Mapping[str, Any]) -> bool:
    of_type = condition["Type"]
    if of_type == "Not":
        return not _holds(condition.get("Expression") or condition[NOT_OLD])
    if of_type == "Or":
        return any(map(_holds, condition["Conditions"]))
    if of_type == "In":
        value = condition["QueryValue"]
        return any(_type_of(value) is _type_of(one) and value == one for one in condition["Values"])
    return _compare(of_type, condition["LeftValue"], condition["RightValue"])


def _compare(of_type: str, left: Any, right: Any) -> bool:
    comparable = _type_of(left) is _type_of(right)
    if not comparable or (of_type != "Equals" and _type_of(left) not in {float, str}):
        raise NotComparableError(f"{of_type} cannot compare {shown(left)} with {shown(right)}")
    return bool(_COMPARISONS[of_type](left, right))


def _type_of(value: Any) -> type:
    """What makes values comparable: all numbers are one type."""
    numeric = isinstance(value, int | float) and not isinstance(value, bool)
    return float if numeric else type(value)
