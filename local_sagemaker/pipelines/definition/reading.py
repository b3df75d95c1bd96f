"""A definition as a whole: read from its JSON, and refused where it could not run."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NoReturn

from local_sagemaker.pipelines.definition.conditions import check_conditions
from local_sagemaker.pipelines.definition.expressions import (
    PROPERTY_FILES,
    Reference,
    references,
)
from local_sagemaker.pipelines.definition.parameters import Parameter, read_parameters
from local_sagemaker.pipelines.definition.paths import parse_path, pick
from local_sagemaker.pipelines.definition.places import (
    array,
    listed,
    member,
    only,
    structure,
    wrong,
)
from local_sagemaker.pipelines.definition.shapes import check_arguments, check_property
from local_sagemaker.pipelines.definition.step_types import CONDITION, JOB_STEPS
from local_sagemaker.pipelines.definition.steps import Step, read_steps

VERSION = "2020-12-01"
_MLFLOW = "MlflowConfig"
_MEMBERS = ("Version", "Metadata", "Parameters", "PipelineExperimentConfig", _MLFLOW, "Steps")


@dataclass(frozen=True)
class Definition:
    """A pipeline's definition.

    Args:
        parameters: Its parameters, by name.
        steps: Its steps, by name, those in branches too; each behind what its arguments name.
        needs: The steps that each one has to wait for, its parent among them.
    """

    parameters: Mapping[str, Parameter]
    steps: Mapping[str, Step]
    needs: Mapping[str, frozenset[str]]


@lru_cache(maxsize=32)
def read_definition(text: str) -> Definition:
    """Read a definition.

    Raises:
        ServiceError: It could not run; the message names the place.
    """
    try:
        return _read(structure(_decode(text), "the definition"))
    except RecursionError:
        raise wrong("the definition", "it is nested too deeply") from None


def _decode(text: str) -> Any:
    try:
        document = json.loads(text, parse_constant=_refuse_constant)
        # Half a surrogate pair is valid JSON, and fits into no file name, database or log.
        json.dumps(document, ensure_ascii=False).encode()
    except ValueError as error:
        raise wrong("the definition", f"it is not valid JSON: {error}") from None
    return document


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _read(whole: Mapping[str, Any]) -> Definition:
    only(whole, _MEMBERS, "the definition")
    if whole.get(_MLFLOW) is not None:
        raise wrong(
            _MLFLOW, "it is not supported by the local SageMaker, which has no MLflow server"
        )
    version = whole.get("Version")
    if version != VERSION:
        raise wrong("Version", f"it must be {VERSION!r}, and is {version!r}")
    parameters = read_parameters(whole.get("Parameters") or [], "Parameters")
    if not array(member(whole, "Steps", "the definition"), "Steps"):
        raise wrong("Steps", "there are none")
    steps = _by_name(read_steps(whole["Steps"], "Steps"))
    for step in steps.values():
        _check_arguments(step)
    needs = {name: frozenset(_needs(step, steps, parameters)) for name, step in steps.items()}
    return Definition(parameters, _sorted(steps, needs), needs)


def _by_name(steps: Iterator[Step]) -> dict[str, Step]:
    found: dict[str, Step] = {}
    for step in steps:
        if step.name in found:
            raise wrong(step.place, f"{found[step.name].place} has the same name")
        found[step.name] = step
    return found


def _check_arguments(step: Step) -> None:
    place = f"{step.place}.Arguments"
    if step.type == CONDITION:
        only(step.arguments, {"Conditions"}, place)
        conditions = array(member(step.arguments, "Conditions", place), place)
        check_conditions(conditions, f"{place}.Conditions")
    elif step.type in JOB_STEPS:
        check_arguments(JOB_STEPS[step.type], step.arguments, place)


def _needs(
    step: Step, steps: Mapping[str, Step], parameters: Mapping[str, Parameter]
) -> Iterator[str]:
    arguments = f"{step.place}.Arguments"
    if step.parent is not None:
        yield step.parent
    for name in step.depends_on:
        _require_step(name, steps, f"{step.place}.DependsOn")
        yield name
    for place, reference in references(step.arguments, arguments):
        if reference.root == "Steps":
            _check_step_reference(reference, steps, place)
            yield reference.name
        elif reference.root == "Parameters" and reference.name not in parameters:
            known = listed(parameters)
            raise wrong(place, f"the pipeline has no parameter {reference.name}; it has {known}")


def _require_step(name: str, steps: Mapping[str, Step], place: str) -> Step:
    if name not in steps:
        raise wrong(place, f"the pipeline has no step {name}; it has {listed(steps)}")
    return steps[name]


def _check_step_reference(reference: Reference, steps: Mapping[str, Step], place: str) -> None:
    step = _require_step(reference.name, steps, place)
    first = reference.path[0]
    if first == PROPERTY_FILES:
        if reference.path[-1] not in step.property_files:
            text = f"step {step.name} has no property file {reference.path[-1]!r}; it has "
            raise wrong(place, text + listed(step.property_files))
        _require_output(step, step.property_files[str(reference.path[-1])].output)
    elif step.type in JOB_STEPS:
        check_property(JOB_STEPS[step.type], reference.path, place)
    elif step.type != CONDITION or reference.path != ("Outcome",):
        raise wrong(place, f"step {step.name} is of type {step.type}, which has no such property")


def _require_output(step: Step, name: str) -> None:
    path = parse_path(JOB_STEPS[step.type].named_outputs)
    try:
        pick(step.arguments, (*path, name))
    except LookupError:
        raise wrong(f"{step.place}.PropertyFiles", f"the step has no output {name!r}") from None


def _sorted(steps: Mapping[str, Step], needs: Mapping[str, frozenset[str]]) -> dict[str, Step]:
    """The steps, each behind those that it needs."""
    done: dict[str, Step] = {}
    left = dict(steps)
    while left:
        ready = [name for name in left if needs[name] <= done.keys()]
        if not ready:
            names = ", ".join(left)
            raise wrong("Steps", f"they wait for each other, so none of these can run: {names}")
        done.update((name, left.pop(name)) for name in ready)
    return done
