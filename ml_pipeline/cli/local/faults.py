"""``ml-pipeline local faults``: faults on demand, in the service that runs."""

from collections.abc import Iterable
from typing import Any

import click

from local_sagemaker.daemon import control
from local_sagemaker.daemon.errors import NotRunningError
from local_sagemaker.daemon.health import Endpoint
from local_sagemaker.faults.client import FaultsClient
from local_sagemaker.faults.fault_types import FAULT_TYPES, MEMBERS, FaultName, FaultType
from local_sagemaker.kinds import KINDS
from ml_pipeline.settings import get_settings


@click.group()
def faults() -> None:
    """Let things go wrong on demand, as they do on AWS."""


@faults.command("list")
def list_faults() -> None:
    """List the faults that are on, and how often each has struck."""
    found = _client().list()
    for fault in found:
        identity, kind, hits = fault.pop("id"), fault.pop("fault"), fault.pop("hits")
        members = " ".join(f"{name}={value}" for name, value in fault.items())
        click.echo(f"{identity}  {kind}  {members}  (struck {hits} times)".replace("    ", "  "))
    if not found:
        click.echo("none")


@faults.group()
def add() -> None:
    """Add a fault; it lasts until it is cleared or the service ends."""


@faults.command()
@click.argument("ids", nargs=-1)
def clear(ids: tuple[str, ...]) -> None:
    """End the faults of these IDS, or all."""
    client = _client()
    for identity in ids or ("",):
        client.clear(identity)
    click.echo("cleared")


@faults.command()
@click.argument("job")
@click.option("--kind", type=click.Choice(list(KINDS)), help="If both have it.")
def stop(job: str, kind: str | None) -> None:
    """Stop JOB, as somebody may do in the console while its caller waits for it."""
    from ml_pipeline.cli.local.console_stop import stop_job

    click.echo(f"stopping {stop_job(_endpoint().url, job, kind)} job {job}")


def _add_command(kind: FaultName, described: FaultType) -> click.Command:
    def run(**members: Any) -> None:
        given = {name: value for name, value in members.items() if value not in {None, False}}
        if members.get("limit") is not None:
            given["limit"] = members["limit"]
        click.echo(f"fault {_client().add(kind, **given)}: {kind}")

    return click.Command(kind, callback=run, params=list(_options(described)), help=described.help)


def _options(described: FaultType) -> Iterable[click.Option]:
    for name in described.members:
        member = MEMBERS[name]
        yield click.Option(
            [f"--{name.replace('_', '-')}"],
            type=None if member.type is bool else member.type,
            is_flag=member.type is bool,
            required=name in described.required,
            help=member.help,
        )


@faults.command()
@click.argument("job")
@click.option("--seconds", type=float, default=0.0, help="Until there are instances again.")
def interrupt(job: str, seconds: float) -> None:
    """Take the instances of JOB, a training job on spot instances, away."""
    _client().interrupt(job, seconds)
    click.echo(f"interrupting training job {job}")


for _kind, _described in FAULT_TYPES.items():
    add.add_command(_add_command(_kind, _described))


def _endpoint() -> Endpoint:
    home = get_settings().home
    endpoint = control.status(home)
    if endpoint is None:
        raise NotRunningError(
            f"No local SageMaker runs for {home.resolve()}. Start it with: ml-pipeline local start"
        )
    return endpoint


def _client() -> FaultsClient:
    return FaultsClient(_endpoint().port)
