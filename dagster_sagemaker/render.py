"""Filling the templates of a request, written as Airflow's are: jinja2, in its sandbox."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.meta import find_undeclared_variables
from jinja2.sandbox import SandboxedEnvironment

from dagster_sagemaker.airflow_macros import FILTERS
from dagster_sagemaker.errors import InvalidRequestError

# Web pages print the braces apart, as a template of their own would take them.
_SPACED = re.compile(r"\{\s+\{([^{}]*)\}\s+\}")


def render(request: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the request with the templates in its strings filled in.

    Args:
        request: A boto3 request; it is not changed.
        values: What templates may use, by name. None: a known name that has no value here.

    Raises:
        InvalidRequestError: Templates that are wrong, or use what is unknown or has no value; with
            where they stand.
    """
    problems: list[str] = []
    rendered: dict[str, Any] = _rendered(request, _with_reasons(values), "", problems)
    if problems:
        raise InvalidRequestError("The request's template", problems)
    return rendered


def _rendered(node: Any, values: Mapping[str, Any], path: str, problems: list[str]) -> Any:
    if isinstance(node, str):
        return _text(node, values, path, problems)
    if isinstance(node, Mapping):
        return {
            key: _rendered(value, values, f"{path}.{key}" if path else str(key), problems)
            for key, value in node.items()
        }
    if isinstance(node, (list, tuple)):
        return [
            _rendered(item, values, f"{path}[{index}]", problems) for index, item in enumerate(node)
        ]
    return node


def _text(text: str, values: Mapping[str, Any], path: str, problems: list[str]) -> str:
    template = _SPACED.sub(r"{{\1}}", text)
    if not any(mark in template for mark in ("{{", "{%", "{#")):
        return text
    try:
        unknown = list(_unknown_names(template, values))
        if not unknown:
            return _environment().from_string(template).render(values)
    except TemplateError as error:
        problems.append(f"{path}: {error.message}")
    except Exception as error:  # a template is a program: it may raise anything
        problems.append(f"{path}: {type(error).__name__}: {error}")
    else:
        known = ", ".join(sorted(values))
        problems += [
            f"{path}: unknown placeholder {{{{ {name} }}}}; known are {known}" for name in unknown
        ]
    return text


def _unknown_names(template: str, values: Mapping[str, Any]) -> Iterator[str]:
    environment = _environment()
    for name in sorted(find_undeclared_variables(environment.parse(template))):
        if name not in values and name not in environment.globals:
            yield name


def _with_reasons(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values; those that are None say why when they are used."""
    return {
        name: StrictUndefined(
            hint=f"{{{{ {name} }}}} has no value here: {_why_not(name)}", name=name
        )
        if value is None
        else value
        for name, value in values.items()
    }


@cache
def _environment() -> SandboxedEnvironment:
    environment = SandboxedEnvironment(
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # a request is no HTML
    )
    environment.filters.update(FILTERS)
    return environment


def _why_not(name: str) -> str:
    if name == "job_name":
        return "it cannot be part of itself"
    if name.startswith("partition_"):
        return "the run has no partition"
    if name.startswith("data_interval_"):
        return "the run's partitions are not days (or other times)"
    return "the run is not of one daily (or other time) partition"
