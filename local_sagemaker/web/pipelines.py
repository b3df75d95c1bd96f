"""What the pages of pipelines show: executions, and the steps of one with their states."""

import time
from collections.abc import Mapping
from typing import Any

from local_sagemaker.pipelines.definition.expressions import text_of
from local_sagemaker.pipelines.definition.reading import Definition, read_definition
from local_sagemaker.pipelines.definition.steps import Step
from local_sagemaker.pipelines.descriptions import step_job
from local_sagemaker.pipelines.records import Execution, StepRun
from local_sagemaker.pipelines.store import PipelineStore
from local_sagemaker.web.secrets import MASK, looks_secret
from local_sagemaker.web.timing import since, span

MOST_EXECUTIONS = 50


def executions(store: PipelineStore) -> dict[str, Any]:
    """What the template ``executions.html`` is given: the latest ones, newest first."""
    found = store.latest(MOST_EXECUTIONS)
    return {
        "rows": [_row(one, store.steps(one.id)) for one in found],
        "most": MOST_EXECUTIONS,
        "busy": any(not one.ended for one in found),
    }


def execution(store: PipelineStore, one: Execution) -> dict[str, Any]:
    """What the template ``execution.html`` is given."""
    definition = read_definition(one.definition)
    runs = {run.name: run for run in store.steps(one.id)}
    never = set(definition.steps) - set(runs) if one.ended else _never(definition, runs)
    steps = {
        name: _step(step, runs.get(name), "Not run" if name in never else "Waiting")
        for name, step in definition.steps.items()
    }
    return {
        "execution": one,
        "name": one.members["PipelineExecutionDisplayName"],
        "reason": one.members.get("FailureReason", ""),
        "duration": _duration(one),
        "levels": [[steps[name] for name in level] for level in levels(definition)],
        "steps": list(steps.values()),
        "parameters": list(_shown(one.members["Parameters"]).items()),
        "busy": not one.ended,
    }


def levels(definition: Definition) -> list[list[str]]:
    """The steps by how many stand between them and the beginning."""
    depth: dict[str, int] = {}
    for name in definition.steps:  # each behind those that it needs
        depth[name] = max((depth[need] + 1 for need in definition.needs[name]), default=0)
    found: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name, level in depth.items():
        found[level].append(name)
    return found


def _row(one: Execution, runs: list[StepRun]) -> dict[str, Any]:
    return {
        "execution": one,
        "name": one.members["PipelineExecutionDisplayName"],
        "steps": [(run.name, run.status) for run in runs],
        "parameters": ", ".join(map("=".join, _shown(one.members["Parameters"]).items())),
        "ago": since(one.created),
        "duration": _duration(one),
        "reason": one.members.get("FailureReason", ""),
    }


def _never(definition: Definition, runs: Mapping[str, StepRun]) -> set[str]:
    """The steps whose turn never comes: in a branch that is not taken, or behind one of those."""
    never: set[str] = set()
    for name, step in definition.steps.items():  # each behind those that it needs
        parent = runs.get(step.parent or "")
        outcome = None if parent is None else parent.details.get("Outcome")
        if not definition.needs[name].isdisjoint(never) or outcome not in {None, step.branch}:
            never.add(name)
    return never


def _step(step: Step, run: StepRun | None, otherwise: str) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "name": step.name,
        "type": step.type,
        "status": otherwise,
        "duration": "",
        "job": None,
        "note": "",
    }
    if run is not None:
        end = run.ended or time.time()
        shown |= {"status": run.status, "duration": span(end - run.started)}
        shown |= {"job": step_job(run, step), "note": _note(run)}
    return shown


def _note(run: StepRun) -> str:
    details = run.details
    if "CacheHit" in details:
        return "from the cache"
    if "Outcome" in details:
        return "the conditions hold" if details["Outcome"] else "the conditions do not hold"
    if run.retry_at is not None:
        return f"retried in {span(run.retry_at - time.time())}"
    return str(details.get("FailureReason", ""))


def _shown(parameters: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: MASK if looks_secret(name) else text_of(value) for name, value in parameters.items()
    }


def _duration(one: Execution) -> str:
    return span((one.modified if one.ended else time.time()) - one.created)
