"""What jobs of the last days cost, estimated, in groups by the beginning of their names."""

import json
import re
from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone

import click
from rich.console import Console
from rich.table import Table

from dagster_sagemaker.costs.estimate import cost_metadata
from dagster_sagemaker.kinds import KINDS
from ml_pipeline.cli.jobs.listing import ListedJob, latest_jobs
from ml_pipeline.resources import build_connection, prices_of
from ml_pipeline.settings import Settings

# Each job takes a Describe request, which is a few a second on AWS.
_MOST = 500

# Names go on with the partition and a hash: preprocessed-dataset-2013-02-11-69f84e9740-1.
_VARYING = re.compile(r"-(\d{4}-\d{2}-\d{2}|[0-9a-f]{10}|\d+)(?=-|$).*")


@dataclass
class Sum:
    """What jobs of a group came to.

    Args:
        jobs: How many there were.
        usd: What they cost together.
        unknown: Jobs among them whose cost is not known.
    """

    jobs: int = 0
    usd: float = 0.0
    unknown: int = 0


def print_costs(settings: Settings, days: int, name: str | None, *, as_json: bool) -> None:
    """Print what the jobs of the last days cost, at most 500 of them."""
    since = datetime.now(timezone.utc) - timedelta(days=days)
    found = latest_jobs(settings, tuple(KINDS), _MOST, None, name)
    sums = _sums(settings, [job for job in found if job.created >= since])
    if as_json:
        click.echo(json.dumps({group: asdict(total) for group, total in sums.items()}))
        return
    prices = prices_of(settings)
    title = "no prices are known for this region" if prices is None else prices.name
    table = Table("jobs of", "jobs", "USD, estimated", "of unknown cost", title=title)
    for group, total in sorted(sums.items()):
        table.add_row(group, str(total.jobs), f"{total.usd:.4f}", str(total.unknown or ""))
    Console().print(table)
    if len(found) == _MOST:
        click.echo(f"Only the latest {_MOST} jobs were looked at; --name and --days narrow them")


def _sums(settings: Settings, jobs: list[ListedJob]) -> dict[str, Sum]:
    client, prices = build_connection(settings).client("sagemaker"), prices_of(settings)
    sums: dict[str, Sum] = defaultdict(Sum)
    for job in jobs:
        kind = KINDS[job.kind]  # type: ignore[index]
        usd = cost_metadata(kind, kind.describe_job(client, job.name), prices).get("cost_usd")
        total = sums[_VARYING.sub("", job.name)]
        total.jobs += 1
        total.usd += usd or 0.0
        total.unknown += usd is None
    return sums
