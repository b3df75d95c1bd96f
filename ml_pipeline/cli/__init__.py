"""``ml-pipeline``: the command line beside Dagster's."""

import os
import sys
from pathlib import Path

import click
from dotenv import load_dotenv

from local_sagemaker.daemon.errors import DaemonError
from ml_pipeline.cli.export import export_pipeline
from ml_pipeline.cli.jobs import jobs
from ml_pipeline.cli.local import local
from ml_pipeline.cli.prices import prices
from ml_pipeline.settings import get_settings


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Machine-learning jobs on Amazon SageMaker from Dagster."""


def main() -> None:
    """The entry point: errors that a user can mend are printed as one message, not a traceback."""
    # As Dagster's commands do: what the file says wins, so that all commands agree.
    load_dotenv(Path.cwd() / ".env", override=True)
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except (DaemonError, ValueError) as error:
        sys.exit(f"Error: {error}")


def _wait_for_jobs() -> None:
    """Whoever runs a command waits for what it does; no daemon need be there to go on with it."""
    os.environ["ML_PIPELINE_WAIT_FOR_COMPLETION"] = "true"


@cli.command()
@click.argument("partition")
def run(partition: str) -> None:
    """Run daily_training for PARTITION, such as 2013-02-11, and say what became of it."""
    _wait_for_jobs()
    get_settings().window(partition)

    from ml_pipeline.cli.runs import execute
    from ml_pipeline.cli.summary import print_summary

    outcome = execute(partition, {})
    if outcome.failure:
        raise click.ClickException(outcome.failure)
    print_summary(get_settings(), partition)


@cli.command()
@click.argument("partition")
def summary(partition: str) -> None:
    """Say what became of PARTITION: rows, AUC, and where dataset and model are."""
    get_settings().window(partition)

    from ml_pipeline.cli.summary import print_summary

    print_summary(get_settings(), partition)


@cli.command()
@click.option("--from", "first", required=True, help="The first partition, such as 2013-02-01.")
@click.option("--to", "last", required=True, help="The last partition.")
@click.option(
    "--at-once", default=2, show_default=True, type=click.IntRange(1), help="Runs at a time."
)
def backfill(first: str, last: str, at_once: int) -> None:
    """Run daily_training for a range of partitions, and list what failed and why."""
    _wait_for_jobs()
    from ml_pipeline.cli.backfill import days_between, run_backfill

    sys.exit(0 if run_backfill(days_between(get_settings(), first, last), at_once) else 1)


@cli.command()
@click.option("--port", default=3000, show_default=True, help="Where the UI is, on 127.0.0.1.")
def dev(port: int) -> None:
    """Dagster's UI and its daemon, which starts what is queued, until Ctrl-C."""
    from ml_pipeline.cli.dev import serve

    serve(port)


@cli.command()
def doctor() -> None:
    """Check target, credentials, bucket, role and local service, and say what to do."""
    from ml_pipeline.cli.doctor import diagnose

    sys.exit(0 if diagnose(get_settings()) else 1)


cli.add_command(jobs)
cli.add_command(export_pipeline)
cli.add_command(local)
cli.add_command(prices)
