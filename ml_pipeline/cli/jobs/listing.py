"""The latest jobs of both kinds, asked for without Dagster, whose import takes a second."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any

import boto3
import click
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.table import Column, Table

from ml_pipeline.settings import Settings

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

_MOST_A_PAGE = 100
_COLORS = {"Completed": "green", "Failed": "red", "Stopped": "yellow"}


@dataclass(frozen=True)
class ListedJob:
    """A job as a list has it.

    Args:
        kind: ``processing`` or ``training``.
        name: Its name.
        status: Its status.
        created: When it was created.
        seconds: From its creation to its end, or until now.
    """

    kind: str
    name: str
    status: str
    created: datetime
    seconds: float


def latest_jobs(
    settings: Settings, kinds: Sequence[str], limit: int, status: str | None, name: str | None
) -> list[ListedJob]:
    """The latest jobs of the target, newest first.

    Args:
        settings: Name the target.
        kinds: Which kinds.
        limit: How many at most.
        status: Only those in this one; None for all.
        name: Only those whose names contain this; None for all.

    Raises:
        click.ClickException: The service did not answer, or refused to.
    """
    filters: dict[str, Any] = {"SortBy": "CreationTime", "SortOrder": "Descending"}
    filters |= {"StatusEquals": status} if status else {}
    filters |= {"NameContains": name} if name else {}
    filters["MaxResults"] = min(limit, _MOST_A_PAGE)
    try:
        client = _client(settings)
        found = merge(
            *(_listed(client, kind, filters) for kind in kinds),
            key=lambda job: job.created,
            reverse=True,
        )
        return list(islice(found, limit))
    except (BotoCoreError, ClientError) as error:
        raise click.ClickException(f"{error}. To see what is wrong: ml-pipeline doctor") from error


def print_jobs(jobs: Sequence[ListedJob], *, as_json: bool) -> None:
    """Print jobs as a table, or as JSON with times in ISO 8601."""
    if as_json:
        click.echo(json.dumps([asdict(job) for job in jobs], default=str))
        return
    name = Column(
        "name", overflow="fold", min_width=max((len(job.name) for job in jobs), default=0)
    )
    table = Table("kind", name, "status", "created", "took", box=None, pad_edge=False)
    for job in jobs:
        color = _COLORS.get(job.status, "cyan")
        status = f"[{color}]{job.status}[/]"
        created = f"{job.created.astimezone():%Y-%m-%d %H:%M:%S}"
        table.add_row(job.kind, job.name, status, created, duration(job.seconds))
    console = Console()
    if not console.is_terminal:  # whoever reads a pipe wants whole lines
        console = Console(width=200)
    console.print(table if jobs else "No jobs")


def duration(seconds: float) -> str:
    """Seconds for people: ``12.3 s``, ``4:05``, ``2:10:00``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _client(settings: Settings) -> "SageMakerClient":
    if settings.target == "aws":
        session = boto3.Session(profile_name=settings.profile, region_name=settings.region)
        return session.client("sagemaker")
    from local_sagemaker.daemon.control import ensure_started

    url = ensure_started(settings.home.resolve(), settings.local_port).url
    session = boto3.Session("local", "local", region_name=settings.region)
    return session.client("sagemaker", endpoint_url=url)


def _listed(client: "SageMakerClient", kind: str, filters: dict[str, Any]) -> Iterator[ListedJob]:
    label = kind.title()
    pages: Any = client.get_paginator(f"list_{kind}_jobs")  # type: ignore[call-overload]
    for page in pages.paginate(**filters):
        for entry in page[f"{label}JobSummaries"]:
            created = entry["CreationTime"]
            end = entry.get(f"{label}EndTime") or datetime.now(timezone.utc)
            yield ListedJob(
                kind,
                entry[f"{label}JobName"],
                entry[f"{label}JobStatus"],
                created,
                (end - created).total_seconds(),
            )
