"""One job, for people and as JSON."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import click

from dagster_sagemaker.costs.estimate import cost_metadata
from dagster_sagemaker.links import console_url
from dagster_sagemaker.masking import Mask
from ml_pipeline.cli.jobs.found import FoundJob
from ml_pipeline.cli.jobs.listing import duration


def print_job(job: FoundJob, *, as_json: bool) -> None:
    """Print what is known of a job; values that look secret are masked."""
    mask = Mask()
    mask.learn(job.description)
    if as_json:
        facts = {key: value for key, value in job.description.items() if key != "ResponseMetadata"}
        text = json.dumps({**facts, **_cost(job)}, default=_json)
        click.echo(mask(text))
        return
    for name, value in _facts(job):
        if value:
            click.echo(f"{click.style(f'{name:12}', bold=True)} {mask(str(value))}")


def _facts(job: FoundJob) -> Iterator[tuple[str, Any]]:
    kind, description = job.kind, job.description
    cost = _cost(job)
    yield "name", job.name
    yield "kind", kind.name
    yield "status", kind.status(description)
    yield "reason", description.get("FailureReason")
    yield "exit message", description.get("ExitMessage")
    yield "instances", f"{kind.instance_count(description)} x {kind.instance_type(description)}"
    yield "image", kind.image_uri(description)
    yield "created", _time(description.get("CreationTime"))
    yield "started", _time(description.get(kind.start_field))
    yield "ended", _time(description.get(kind.end_field))
    yield "ran", _ran(job)
    if cost:
        yield "cost", f"{cost['cost_usd']:.4f} USD: {cost['cost_basis']}"
    for uri, names in kind.inputs_by_uri(description).items():
        yield "input", f"{', '.join(names)}: {uri}"
    yield "page", console_url(job.connection, kind, job.name)
    yield "log", f"ml-pipeline jobs logs {job.name}"


def _cost(job: FoundJob) -> dict[str, Any]:
    return cost_metadata(job.kind, job.description, job.prices)


def _ran(job: FoundJob) -> str | None:
    start, end = (job.description.get(name) for name in (job.kind.start_field, job.kind.end_field))
    return duration((end - start).total_seconds()) if start and end else None


def _time(value: datetime | None) -> str | None:
    return None if value is None else f"{value.astimezone():%Y-%m-%d %H:%M:%S %Z}"


def _json(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
