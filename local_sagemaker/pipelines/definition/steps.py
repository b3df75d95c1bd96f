"""Steps of a definition: read, each with all that the others do not need to know."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from local_sagemaker.pipelines.definition.durations import seconds
from local_sagemaker.pipelines.definition.places import (
    array,
    listed,
    member,
    only,
    string,
    structure,
    wrong,
)
from local_sagemaker.pipelines.definition.retries import RetryPolicy, read_retries
from local_sagemaker.pipelines.definition.step_types import (
    CONDITION,
    FAIL,
    INSTEAD,
    JOB_STEPS,
    SUPPORTED,
)

_NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}")
_MEMBERS = ("Name", "Type", "Arguments", "DependsOn", "DisplayName", "Description")
_FILE_MEMBERS = ("PropertyFileName", "OutputName", "FilePath")


@dataclass(frozen=True)
class PropertyFile:
    """A JSON file among the outputs of a processing step.

    Args:
        output: The output's name.
        path: Where it is in the output.
    """

    output: str
    path: str


@dataclass(frozen=True)
class Step:
    """A step.

    Args:
        name: Its name, its own in the pipeline.
        type: One of ``SUPPORTED``.
        place: Where it is in the definition.
        arguments: Its arguments, expressions included; of a condition step, those without steps.
        depends_on: The steps that it names in ``DependsOn``.
        parent: The condition step in a branch of which it is.
        branch: The outcome of its parent with which it runs.
        retries: Its retry policies, the first that fits counts.
        cache: How old a result may be that is used instead of running it, in seconds; None if none
            may.
        property_files: Its property files, by name.
        shown: ``StepDisplayName`` and ``StepDescription``, as far as it has them.
    """

    name: str
    type: str
    place: str
    arguments: Mapping[str, Any]
    depends_on: tuple[str, ...]
    parent: str | None
    branch: bool
    retries: tuple[RetryPolicy, ...] = ()
    cache: float | None = None
    property_files: Mapping[str, PropertyFile] = field(default_factory=dict)
    shown: Mapping[str, str] = field(default_factory=dict)


def read_steps(
    value: Any, place: str, parent: str | None = None, *, branch: bool = True
) -> Iterator[Step]:
    """The steps of a list, those in branches behind their condition step.

    Args:
        value: The list.
        place: Where it is in the definition.
        parent: The condition step that has it as a branch.
        branch: Which one.
    """
    for number, one in enumerate(array(value, place)):
        here = f"{place}[{number}]"
        step = structure(one, here)
        name = string(member(step, "Name", here), f"{here}.Name")
        if not _NAME.fullmatch(name):
            raise wrong(f"{here}.Name", f"{name!r} is not 1 to 64 letters, digits, - and _")
        here = f"{here} ({name})"
        arguments = dict(structure(member(step, "Arguments", here), f"{here}.Arguments"))
        steps_of = {"IfSteps": True, "ElseSteps": False}
        of_type = _type(step, here)
        branches = {key: arguments.pop(key, None) or [] for key in steps_of if of_type == CONDITION}
        yield _step(step, name, of_type, here, arguments, parent, branch)
        for key, steps in branches.items():
            yield from read_steps(steps, f"{here}.Arguments.{key}", name, branch=steps_of[key])


def _type(step: Mapping[str, Any], place: str) -> str:
    found = string(member(step, "Type", place), f"{place}.Type")
    if found not in SUPPORTED:
        instead = INSTEAD.get(found, f"there are {listed(SUPPORTED)}")
        text = f"a step of type {found} is not supported by the local SageMaker: {instead}"
        raise wrong(f"{place}.Type", text)
    return found


def _step(
    step: Mapping[str, Any],
    name: str,
    of_type: str,
    place: str,
    arguments: Mapping[str, Any],
    parent: str | None,
    branch: bool,
) -> Step:
    only(step, _members(of_type), place)
    if of_type == FAIL:
        only(arguments, {"ErrorMessage"}, f"{place}.Arguments")
    depends_on = array(step.get("DependsOn") or [], f"{place}.DependsOn")
    shown = {"StepDisplayName": "DisplayName", "StepDescription": "Description"}
    return Step(
        name=name,
        type=of_type,
        place=place,
        arguments=arguments,
        depends_on=tuple(string(one, f"{place}.DependsOn") for one in depends_on),
        parent=parent,
        branch=branch,
        retries=read_retries(step.get("RetryPolicies") or [], f"{place}.RetryPolicies"),
        cache=_cache(step.get("CacheConfig"), f"{place}.CacheConfig"),
        property_files=dict(
            _property_files(step.get("PropertyFiles") or [], f"{place}.PropertyFiles")
        ),
        shown={
            shown_as: string(step[key], f"{place}.{key}")
            for shown_as, key in shown.items()
            if step.get(key)
        },
    )


def _members(of_type: str) -> tuple[str, ...]:
    """The members that a step of a type may have."""
    if of_type not in JOB_STEPS:
        return _MEMBERS
    files = ("PropertyFiles",) if JOB_STEPS[of_type].named_outputs else ()
    return (*_MEMBERS, "CacheConfig", "RetryPolicies", *files)


def _cache(value: Any, place: str) -> float | None:
    if value is None:
        return None
    config = structure(value, place)
    only(config, {"Enabled", "ExpireAfter"}, place)
    age = None
    if config.get("ExpireAfter") is not None:
        try:
            age = seconds(string(config["ExpireAfter"], f"{place}.ExpireAfter"))
        except ValueError as error:
            raise wrong(f"{place}.ExpireAfter", str(error)) from None
    if not isinstance(config.get("Enabled"), bool):
        raise wrong(f"{place}.Enabled", "it must be true or false")
    if not config["Enabled"]:
        return None
    return float("inf") if age is None else age


def _property_files(value: Any, place: str) -> Iterator[tuple[str, PropertyFile]]:
    for number, one in enumerate(array(value, place)):
        here = f"{place}[{number}]"
        file = structure(one, here)
        only(file, _FILE_MEMBERS, here)
        name, output, path = (string(member(file, key, here), here) for key in _FILE_MEMBERS)
        yield name, PropertyFile(output, path)
