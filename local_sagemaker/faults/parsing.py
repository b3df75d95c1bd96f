"""Faults from the JSON they are asked for in."""

from typing import Any

from local_sagemaker.faults.fault_types import FAULT_TYPES, MEMBERS, FaultName
from local_sagemaker.faults.model import Fault


class InvalidFaultError(ValueError):
    """A fault that is not described as faults are; the text says what to change."""


def parse(text: Any) -> Fault:
    """A fault from its JSON form.

    Args:
        text: ``{"fault": <kind>, <member>: <value>, ...}``.

    Raises:
        InvalidFaultError: It is none.
    """
    if not isinstance(text, dict):
        raise InvalidFaultError('A fault is a JSON object, such as {"fault": "throttling"}')
    members = dict(text)
    kind = _kind(members.pop("fault", None))
    known = FAULT_TYPES[kind]
    for name in members:
        if name not in known.members:
            raise InvalidFaultError(
                f"{kind} has no member {name!r}; it has {', '.join(known.members)}"
            )
    for name in known.required:
        if name not in members:
            raise InvalidFaultError(f"{kind} needs {name!r}")
    fault = Fault(kind, **{name: _value(name, value) for name, value in members.items()})
    _check_together(fault)
    return fault


def seconds(value: Any) -> float:
    """A time that is asked for.

    Raises:
        InvalidFaultError: It is none.
    """
    return float(_value("seconds", value))


def _kind(value: Any) -> FaultName:
    for kind in FAULT_TYPES:
        if kind == value:
            return kind
    raise InvalidFaultError(f"'fault' must be one of {', '.join(FAULT_TYPES)}, not {value!r}")


def _value(name: str, value: Any) -> Any:
    member = MEMBERS[name]
    if member.type is float and type(value) is int:
        value = float(value)
    if type(value) is not member.type or not member.valid(value):
        rule = f", {member.rule}" if member.rule else ""
        raise InvalidFaultError(f"{name!r} must be a {member.type.__name__}{rule}: {value!r}")
    return value


def _check_together(fault: Fault) -> None:
    choices = [
        name for name in ("times", "probability", "rate") if getattr(fault, name) is not None
    ]
    if len(choices) > 1:
        raise InvalidFaultError(f"{' and '.join(choices)} exclude each other; give one")
    for name, needed in (("seed", "probability"), ("burst", "rate")):
        if getattr(fault, name) is not None and getattr(fault, needed) is None:
            raise InvalidFaultError(f"{name!r} belongs to {needed!r}, which is not given")
    if fault.fault == "slow" and not fault.seconds and not fault.bytes_per_second:
        raise InvalidFaultError("slow needs 'seconds' or 'bytes_per_second'")
