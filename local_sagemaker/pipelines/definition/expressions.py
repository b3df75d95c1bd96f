"""Expressions in a definition: ``Get``, ``Std:Join`` and ``Std:JsonGet``."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from local_sagemaker.kinds import KINDS
from local_sagemaker.pipelines.definition.paths import Part, parse_path, pick
from local_sagemaker.pipelines.definition.places import (
    array,
    listed,
    member,
    only,
    string,
    structure,
    wrong,
)

Root = Literal["Parameters", "Execution", "Steps"]

GET, JOIN, JSON_GET = "Get", "Std:Join", "Std:JsonGet"
EXECUTION_VARIABLES = frozenset(
    {
        "CurrentDateTime",
        "PipelineArn",
        "PipelineExecutionArn",
        "PipelineExecutionId",
        "PipelineName",
        "StartDateTime",
        *(kind.member("Name") for kind in KINDS.values()),
    }
)
PROPERTY_FILES = "PropertyFiles"


@dataclass(frozen=True)
class Reference:
    """What a ``Get`` names.

    Args:
        root: Where it looks.
        name: Of the parameter, the variable of the execution, or the step.
        path: Into the step's properties; else empty.
    """

    root: Root
    name: str
    path: tuple[Part, ...] = ()


class Scope(Protocol):
    """What expressions stand for in an execution; what is not there is a ``LookupError``."""

    def get(self, reference: Reference) -> Any:
        """The value that a reference names."""

    def json_file(self, uri: str) -> Any:
        """A JSON document in S3."""

    def property_file(self, reference: Reference) -> str:
        """The URI of a property file."""


def references(value: Any, place: str) -> Iterator[tuple[str, Reference]]:
    """Every reference in a value, with its place.

    Raises:
        ServiceError: An expression is not as one has to be.
    """
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from references(item, f"{place}[{number}]")
    elif isinstance(value, Mapping):
        function = function_of(value)
        if function is None:
            for name, item in value.items():
                yield from references(item, f"{place}.{name}")
        else:
            yield from _in_function(function, value[function], f"{place}.{function}")


def function_of(value: Any) -> str | None:
    """The name of the function that a value is to be replaced by, if it is an expression."""
    if isinstance(value, Mapping) and len(value) == 1:
        (name,) = value
        if name == GET or name.startswith("Std:"):
            return str(name)
    return None


def _in_function(function: str, value: Any, place: str) -> Iterator[tuple[str, Reference]]:
    if function == GET:
        yield place, reference(string(value, place), place)
    elif function == JOIN:
        arguments = structure(value, place)
        only(arguments, {"On", "Values"}, place)
        string(arguments.get("On", ""), f"{place}.On")
        yield from references(array(member(arguments, "Values", place), place), f"{place}.Values")
    elif function == JSON_GET:
        yield from _in_json_get(structure(value, place), place)
    else:
        known = listed({JOIN, JSON_GET})
        raise wrong(place, f"the local SageMaker has no function {function}; it has {known}")


def _in_json_get(value: Mapping[str, Any], place: str) -> Iterator[tuple[str, Reference]]:
    only(value, {"PropertyFile", "S3Uri", "Path"}, place)
    _path(string(member(value, "Path", place), f"{place}.Path"), f"{place}.Path")
    if ("PropertyFile" in value) == ("S3Uri" in value):
        raise wrong(place, "it needs either PropertyFile or S3Uri")
    if "S3Uri" in value:
        yield from references(value["S3Uri"], f"{place}.S3Uri")
        return
    place = f"{place}.PropertyFile"
    file = structure(value["PropertyFile"], place)
    found = reference(string(member(file, GET, place), place), place)
    if found.root != "Steps" or found.path[:1] != (PROPERTY_FILES,) or len(found.path) != 2:
        raise wrong(place, f"it must get Steps.<step>.{PROPERTY_FILES}.<name>")
    yield place, found


def reference(text: str, place: str) -> Reference:
    """What a ``Get`` names.

    Raises:
        ServiceError: Nothing that there could be.
    """
    root, _, rest = text.partition(".")
    name, _, path = rest.partition(".")
    if root == "Parameters" and name and not path:
        return Reference("Parameters", name)
    if root == "Execution" and rest in EXECUTION_VARIABLES:
        return Reference("Execution", rest)
    if root == "Execution":
        known = listed(EXECUTION_VARIABLES)
        raise wrong(place, f"{text}: there is no such variable; there are {known}")
    if root == "Steps" and name and path:
        return Reference("Steps", name, _path(path, place))
    forms = "Parameters.<name>, Execution.<variable> or Steps.<step>.<property>"
    raise wrong(place, f"{text!r} is not {forms}")


def _path(text: str, place: str) -> tuple[Part, ...]:
    try:
        return parse_path(text)
    except ValueError as error:
        raise wrong(place, str(error)) from None


def evaluate(value: Any, scope: Scope) -> Any:
    """A value with what its expressions stand for.

    Raises:
        LookupError: Something that is named is not there; it says what.
    """
    function = function_of(value)
    if function is not None:
        return _call(function, value[function], scope)
    if isinstance(value, Mapping):
        return {name: evaluate(item, scope) for name, item in value.items()}
    if isinstance(value, list):
        return [evaluate(item, scope) for item in value]
    return value


def _call(function: str, value: Any, scope: Scope) -> Any:
    if function == GET:
        return scope.get(reference(value, ""))
    if function == JOIN:
        return value.get("On", "").join(map(text_of, evaluate(value["Values"], scope)))
    if "S3Uri" in value:
        uri = text_of(evaluate(value["S3Uri"], scope))
    else:
        uri = scope.property_file(reference(value["PropertyFile"][GET], ""))
    try:
        return pick(scope.json_file(uri), parse_path(value["Path"]))
    except LookupError as error:
        raise LookupError(f"{uri}: {value['Path']}: {_message(error)}") from None


def text_of(value: Any) -> str:
    """A value as ``Std:Join`` writes it."""
    return value if isinstance(value, str) else json.dumps(value)


def _message(error: LookupError) -> str:
    return str(error.args[0]) if error.args else ""
