"""``docs/supported.md``, made from the code: what is supported, and what a call to the rest gets.

``python -m local_sagemaker.api.supported`` prints it.
"""

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from local_sagemaker.api import services
from local_sagemaker.feature_store import group_request
from local_sagemaker.jobs.kinds.limits import Ignored, Limit
from local_sagemaker.kinds import KINDS
from local_sagemaker.pipelines.definition.step_types import INSTEAD, SUPPORTED
from local_sagemaker.pipelines.execution_operations import REFUSED_OF_EXECUTIONS
from local_sagemaker.pipelines.operations import Pipelines
from local_sagemaker.s3.http.operations import OPERATIONS

_COMMAND = "python -m local_sagemaker.api.supported"


def markdown() -> str:
    """The whole page, as Markdown."""
    return "\n".join([*_head(), *_operations(), *_members(), *_steps()]) + "\n"


def _head() -> Iterator[str]:
    yield "# What the local SageMaker supports"
    yield ""
    yield f"Made from the code with `{_COMMAND} > docs/supported.md`; a test keeps it so."
    yield ""


def _operations() -> Iterator[str]:
    nothing: Any = None  # Operations are asked for their names alone.
    jobs = services.job_operations(nothing, nothing, nothing, nothing, nothing)
    pipelines = Pipelines(nothing, nothing, nothing, nothing)
    sagemaker = services.sagemaker(nothing, nothing, nothing, jobs, pipelines)
    records = services.feature_store_runtime(nothing)
    logs = services.logs(nothing)
    cloudwatch = services.cloudwatch(nothing)
    yield "## Operations"
    yield ""
    yield "| service | operations | what a call to another one gets |"
    yield "|---|---|---|"
    yield _row(
        "SageMaker",
        _names(sagemaker.supported),
        "`ValidationException` that says so and names these",
    )
    yield _row(
        "SageMaker Feature Store Runtime",
        _names(records.supported),
        "`ValidationError` that says so and names these",
    )
    yield _row(
        "CloudWatch Logs",
        _names(logs.supported),
        "`InvalidParameterException` that says so and names these",
    )
    yield _row(
        "CloudWatch, of the instances of jobs",
        _names(cloudwatch.supported),
        "moto's answer, and so does a request in another protocol than JSON",
    )
    yield _row(
        "S3",
        _names({operation.name for operation in OPERATIONS}),
        "501 `NotImplemented`, and so does a query parameter or a header that would be ignored",
    )
    yield _row("all others", "those of [moto](https://docs.getmoto.org), in memory", "moto's error")
    yield ""
    yield "An operation that AWS does not have gets `UnknownOperationException`. What operations of"
    yield "S3 take is in [its docstring](../local_sagemaker/s3/__init__.py)."
    yield ""


def _members() -> Iterator[str]:
    creates = [operation for operation, _, _ in _creating()]
    yield f"## Members of {', '.join(creates[:-1])} and {creates[-1]}"
    yield ""
    yield "Every member is held to the service's model, and given back by Describe if that has it."
    yield "Those that are in neither of these tables do what they do in AWS."
    yield ""
    for operation, refused, without_effect in _creating():
        yield f"### {operation}: refused"
        yield ""
        yield "| member | supported | |"
        yield "|---|---|---|"
        for limit in refused:
            yield _row(f"`{limit.path}`", _only(limit), limit.why)
        yield ""
        yield f"### {operation}: accepted, without effect"
        yield ""
        yield "| member | |"
        yield "|---|---|"
        for ignored in without_effect:
            yield _row(f"`{ignored.path}`", ignored.why)
        yield ""


def _creating() -> Iterator[tuple[str, Iterable[Limit], Iterable[Ignored]]]:
    """Every operation that creates something, and what of it is refused, or has no effect."""
    for kind in KINDS.values():
        yield kind.operation("Create"), kind.rules().refused, kind.rules().without_effect
    yield "CreateFeatureGroup", group_request.REFUSED, group_request.WITHOUT_EFFECT


def _steps() -> Iterator[str]:
    yield "## Steps of pipelines"
    yield ""
    yield f"Steps may be of the types {_names(SUPPORTED)}. A definition that has another one is"
    yield "refused when the pipeline is created, and so are the members"
    yield f"{_names(REFUSED_OF_EXECUTIONS)} of StartPipelineExecution."
    yield ""
    yield "| type | instead |"
    yield "|---|---|"
    for name, instead in sorted(INSTEAD.items()):
        if name not in SUPPORTED:
            yield _row(f"`{name}`", instead)


def _only(limit: Limit) -> str:
    return "only " + " or ".join(f"`{value}`" for value in limit.only) if limit.only else "no"


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    sys.stdout.write(markdown())
