"""``ml-pipeline local``: SageMaker on this machine."""

import shlex
import sys

import click

from local_sagemaker.daemon import control
from ml_pipeline.cli.local.faults import faults
from ml_pipeline.cli.local.feature_groups import feature_groups
from ml_pipeline.cli.local.image import image
from ml_pipeline.cli.local.pipelines import pipelines
from ml_pipeline.cli.local.prune import prune
from ml_pipeline.settings import get_settings


@click.group()
def local() -> None:
    """SageMaker on this machine."""


@local.command()
def start() -> None:
    """Start the service, unless it runs."""
    settings = get_settings()
    endpoint = control.start(settings.home, settings.local_port)
    click.echo(f"SageMaker on this machine: {endpoint.url} (pid {endpoint.pid}, {endpoint.home})")


@local.command()
def stop() -> None:
    """Stop the service, and the jobs it runs."""
    stopped = control.stop(get_settings().home)
    click.echo("stopped" if stopped else "it was not running")


@local.command()
def status() -> None:
    """Say whether the service runs; exit status 1 if it does not."""
    endpoint = control.status(get_settings().home)
    if endpoint is None:
        click.echo("not running; start it with: ml-pipeline local start")
        sys.exit(1)
    click.echo(f"running: {endpoint.url} (pid {endpoint.pid}, {endpoint.home})")


@local.command()
def env() -> None:
    """Print what connects any AWS client in this shell: eval "$(ml-pipeline local env)"."""
    for name, value in control.environment(get_settings().home).items():
        click.echo(f"export {name}={shlex.quote(value)}")


@local.command()
@click.option("--everything", is_flag=True, help="Also the runtimes, which take time to rebuild.")
def reset(everything: bool) -> None:
    """Delete the service's jobs, pipelines, feature groups, logs and objects."""
    control.reset(get_settings().home, everything=everything)
    click.echo("deleted")


local.add_command(faults)
local.add_command(feature_groups)
local.add_command(image)
local.add_command(pipelines)
local.add_command(prune)
