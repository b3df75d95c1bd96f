"""Steps of a SageMaker pipeline made of job requests: their templates become its expressions.

A request that an asset submits has templates such as ``{{ ds }}``, which are filled in when the job
is. In a pipeline SageMaker fills them in: ``{"Get": "Parameters.ds"}``, or a ``Std:Join`` of such.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from dagster_sagemaker.errors import InvalidRequestError
from dagster_sagemaker.kinds import PROCESSING, TRAINING, JobKind, KindName

_KINDS: Mapping[KindName, JobKind] = {"processing": PROCESSING, "training": TRAINING}
_TEMPLATE = re.compile(r"(\{\{.*?\}\})")
_NAME = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")


def pipeline_step(
    name: str,
    kind: KindName,
    request: Mapping[str, Any],
    expressions: Mapping[str, Any],
    depends_on: Iterable[str] = (),
) -> dict[str, Any]:
    """A step of a pipeline definition of version 2020-12-01.

    Args:
        name: The step's name: letters, digits, ``-`` and ``_``.
        kind: The kind of job.
        request: What boto3's create call takes; the job's name is the pipeline's to make.
        expressions: What templates stand for, by name, such as ``{"ds": {"Get":
            "Parameters.ds"}}``. ``job_name`` is known already.
        depends_on: Steps to wait for besides those that expressions name.

    Raises:
        InvalidRequestError: A template is no plain name, or has no expression.
    """
    of = _KINDS[kind]
    known = {"job_name": {"Get": f"Execution.{of.name_field}"}, **expressions}
    problems: list[str] = []
    arguments = {
        member: _converted(value, known, member, problems)
        for member, value in request.items()
        if member != of.name_field
    }
    if problems:
        raise InvalidRequestError(f"The request of step {name}", problems)
    step = {"Name": name, "Type": kind.capitalize(), "Arguments": arguments}
    return {**step, "DependsOn": list(depends_on)} if depends_on else step


def _converted(node: Any, known: Mapping[str, Any], path: str, problems: list[str]) -> Any:
    if isinstance(node, str):
        return _expression(node, known, path, problems)
    if isinstance(node, Mapping):
        return {
            key: _converted(value, known, f"{path}.{key}", problems) for key, value in node.items()
        }
    if isinstance(node, (list, tuple)):
        return [
            _converted(item, known, f"{path}[{index}]", problems) for index, item in enumerate(node)
        ]
    return node


def _expression(text: str, known: Mapping[str, Any], path: str, problems: list[str]) -> Any:
    parts: list[Any] = []
    for part in filter(None, _TEMPLATE.split(text)):
        if not part.startswith("{{"):
            parts.append(part)
            continue
        found = _NAME.fullmatch(part)
        if found is None or found[1] not in known:
            names = ", ".join(sorted(known))
            problems.append(f"{path}: a pipeline knows no {part}; known are {names}")
            return text
        parts.append(known[found[1]])
    if not any(isinstance(part, Mapping) for part in parts):
        return text
    return parts[0] if len(parts) == 1 else {"Std:Join": {"On": "", "Values": parts}}
