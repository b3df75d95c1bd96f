"""``ml-pipeline jobs``: SageMaker's jobs of the target that the settings name."""

import sys
from typing import TYPE_CHECKING

import click

from ml_pipeline.settings import get_settings

if TYPE_CHECKING:
    from ml_pipeline.cli.jobs.found import FoundJob

KIND_NAMES = ("processing", "training")
STATUSES = ("InProgress", "Completed", "Failed", "Stopping", "Stopped")

_kind = click.option(
    "--kind",
    type=click.Choice(KIND_NAMES),
    help="If a processing and a training job share the name.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def jobs() -> None:
    """SageMaker's jobs, here or on AWS.

    Exit statuses: 0 all is well, 1 it could not be done, 2 it was not understood, 3 the job that
    was followed did not complete.
    """


def _names(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Names of the latest jobs, for the shell's completion."""
    from ml_pipeline.cli.jobs.listing import latest_jobs

    found = latest_jobs(get_settings(), KIND_NAMES, limit=100, status=None, name=incomplete or None)
    return [job.name for job in found if job.name.startswith(incomplete)]


_name = click.argument("name", shell_complete=_names)


@jobs.command("list")
@click.option("--kind", type=click.Choice(KIND_NAMES), help="Only these.")
@click.option("--status", type=click.Choice(STATUSES), help="Only those in this status.")
@click.option("--name", help="Only those whose names contain this.")
@click.option(
    "--limit", default=20, show_default=True, type=click.IntRange(1), help="How many at most."
)
@_json
def list_(
    kind: str | None, status: str | None, name: str | None, limit: int, as_json: bool
) -> None:
    """The latest jobs, newest first."""
    from ml_pipeline.cli.jobs.listing import latest_jobs, print_jobs

    kinds = KIND_NAMES if kind is None else (kind,)
    print_jobs(latest_jobs(get_settings(), kinds, limit, status, name), as_json=as_json)


@jobs.command()
@_name
@_kind
@_json
def show(name: str, kind: str | None, as_json: bool) -> None:
    """What a job is, how it ended and why, and what it cost."""
    from ml_pipeline.cli.jobs.showing import print_job

    print_job(_found(name, kind), as_json=as_json)


@jobs.command()
@_name
@_kind
@click.option("--follow", "-f", is_flag=True, help="Go on until the job has ended.")
def logs(name: str, kind: str | None, follow: bool) -> None:
    """A job's log, all of its instances'."""
    from ml_pipeline.cli.jobs.logs import print_logs

    sys.exit(0 if print_logs(_found(name, kind), follow=follow) else 3)


@jobs.command()
@_name
@_kind
@click.option("--wait", is_flag=True, help="Until it has ended.")
def stop(name: str, kind: str | None, wait: bool) -> None:
    """Stop a job; one that has ended already stays as it is."""
    from ml_pipeline.cli.jobs.stopping import stop_and_wait

    sys.exit(0 if stop_and_wait(_found(name, kind), wait=wait) else 1)


@jobs.command()
@click.option("--days", default=30, show_default=True, type=click.IntRange(1), help="How far back.")
@click.option("--name", help="Only jobs whose names contain this.")
@_json
def cost(days: int, name: str | None, as_json: bool) -> None:
    """What jobs cost, estimated, by the beginning of their names."""
    from ml_pipeline.cli.jobs.costs import print_costs

    print_costs(get_settings(), days, name, as_json=as_json)


def _found(name: str, kind: str | None) -> "FoundJob":
    from ml_pipeline.cli.jobs.found import find_job

    return find_job(get_settings(), name, KIND_NAMES if kind is None else (kind,))
