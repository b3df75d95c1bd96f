"""Parameters of a pipeline, and the values that an execution gives them."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from local_sagemaker.pipelines.definition.places import (
    array,
    listed,
    member,
    only,
    shown,
    string,
    structure,
    wrong,
)
from local_sagemaker.service_errors import invalid

_NAME = re.compile(r"[A-Za-z0-9\-_]{1,256}")
_MEMBERS = ("Name", "Type", "DefaultValue", "EnumValues", "Description")
_TYPES: Mapping[str, tuple[type, ...]] = {
    "String": (str,),
    "Integer": (int,),
    "Float": (int, float),
    "Boolean": (bool,),
}

Value = str | int | float | bool


@dataclass(frozen=True)
class Parameter:
    """A parameter.

    Args:
        name: Its name.
        type: A key of ``_TYPES``.
        default: Its value if an execution gives it none; None if an execution must.
        choices: The values it may have; empty if any.
    """

    name: str
    type: str
    default: Value | None
    choices: tuple[str, ...]

    def read(self, text: str) -> Value:
        """The value that a text stands for; executions are started with texts.

        Raises:
            ServiceError: It stands for none of this type, or for one that is no choice.
        """
        try:
            value = _READ[self.type](text)
        except ValueError:
            raise invalid(
                f"The value of pipeline parameter {self.name} is no {self.type}: {text!r}"
            ) from None
        if self.choices and value not in self.choices:
            raise invalid(
                f"The value of pipeline parameter {self.name} must be one of "
                f"{', '.join(self.choices)}, and is {text!r}"
            )
        return value


def _boolean(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError(text)
    return text.lower() == "true"


_READ: Mapping[str, Callable[[str], Value]] = {
    "String": str,
    "Integer": int,
    "Float": float,
    "Boolean": _boolean,
}


def read_parameters(value: Any, place: str) -> dict[str, Parameter]:
    """The parameters of a definition, by name."""
    found: dict[str, Parameter] = {}
    for number, one in enumerate(array(value, place)):
        here = f"{place}[{number}]"
        parameter = _parameter(structure(one, here), here)
        if parameter.name in found:
            raise wrong(f"{here}.Name", f"{parameter.name} is used twice")
        found[parameter.name] = parameter
    return found


def _parameter(value: Mapping[str, Any], place: str) -> Parameter:
    only(value, _MEMBERS, place)
    name = string(member(value, "Name", place), f"{place}.Name")
    if not _NAME.fullmatch(name):
        raise wrong(f"{place}.Name", f"{name!r} is not letters, digits, - and _")
    of_type = string(value.get("Type", "String"), f"{place}.Type")
    if of_type not in _TYPES:
        raise wrong(f"{place}.Type", f"{of_type} is none of {listed(_TYPES)}")
    default = value.get("DefaultValue")
    if default is not None:
        good = isinstance(default, _TYPES[of_type])
        if not good or (isinstance(default, bool) and of_type != "Boolean"):
            raise wrong(f"{place}.DefaultValue", f"{shown(default)} is no {of_type}")
    choices = tuple(array(value.get("EnumValues") or [], f"{place}.EnumValues"))
    if choices and of_type != "String":
        raise wrong(f"{place}.EnumValues", "only a parameter of type String has some")
    for choice in choices:
        string(choice, f"{place}.EnumValues")
    if choices and default is not None and default not in choices:
        raise wrong(f"{place}.DefaultValue", f"{shown(default)} is none of EnumValues")
    return Parameter(name, of_type, default, choices)


def values_of(
    parameters: Mapping[str, Parameter], given: Iterable[Mapping[str, str]]
) -> dict[str, Value]:
    """The values of an execution.

    Args:
        parameters: The pipeline's.
        given: ``PipelineParameters`` of the call that starts it.

    Raises:
        ServiceError: One is not known, given twice, not of its type, or missing.
    """
    values: dict[str, Value] = {}
    for one in given:
        name = one["Name"]
        if name not in parameters:
            known = listed(parameters)
            raise invalid(f"The pipeline has no parameter {name}; it has {known}")
        if name in values:
            raise invalid(f"Pipeline parameter {name} is given twice")
        values[name] = parameters[name].read(one["Value"])
    for parameter in parameters.values():
        if parameter.default is not None:
            values.setdefault(parameter.name, parameter.default)
    missing = [name for name in parameters if name not in values]
    if missing:
        raise invalid(f"Pipeline parameters without default need a value: {', '.join(missing)}")
    return values
