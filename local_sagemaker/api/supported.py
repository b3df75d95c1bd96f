"""``docs/supported.md``, made from the code: what is supported, and what a call to the rest gets.

``python -m local_sagemaker.api.supported`` prints it.
"""

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from local_sagemaker.api import services
from local_sagemaker.jobs.kinds.limits import Limit
from local_sagemaker.kinds import KINDS
from local_sagemaker.s3.http.operations import OPERATIONS

_COMMAND = "python -m local_sagemaker.api.supported"


def markdown() -> str:
    """The whole page, as Markdown."""
    return "\n".join([*_head(), *_operations(), *_members()]) + "\n"


def _head() -> Iterator[str]:
    yield "# What the local SageMaker supports"
    yield ""
    yield f"Made from the code with `{_COMMAND} > docs/supported.md`; a test keeps it so."
    yield ""


def _operations() -> Iterator[str]:
    nothing: Any = None  # Operations are asked for their names alone.
    sagemaker = services.sagemaker(nothing, nothing, nothing, nothing, nothing)
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
    creates = [kind.operation("Create") for kind in KINDS.values()]
    yield f"## Members of {' and '.join(creates)}"
    yield ""
    yield "Every member is held to the service's model, and given back by Describe if that has it."
    yield "Those that are in neither of these tables do what they do in AWS."
    yield ""
    for kind in KINDS.values():
        yield f"### {kind.operation('Create')}: refused when the job is created"
        yield ""
        yield "| member | supported | |"
        yield "|---|---|---|"
        for limit in kind.rules().refused:
            yield _row(f"`{limit.path}`", _only(limit), limit.why)
        yield ""
        yield f"### {kind.operation('Create')}: accepted, without effect"
        yield ""
        yield "| member | |"
        yield "|---|---|"
        for ignored in kind.rules().without_effect:
            yield _row(f"`{ignored.path}`", ignored.why)
        yield ""


def _only(limit: Limit) -> str:
    return "only " + " or ".join(f"`{value}`" for value in limit.only) if limit.only else "no"


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _row(*cells: str) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    sys.stdout.write(markdown())
