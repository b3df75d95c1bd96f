"""``ml-pipeline``: the command line beside Dagster's."""

import sys
from pathlib import Path

import click
from dotenv import load_dotenv

from local_sagemaker.daemon.errors import DaemonError
from ml_pipeline.cli.local import local
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


@cli.command()
@click.argument("first", metavar="PARTITION")
@click.argument("last", metavar="[LAST]", required=False)
def days(first: str, last: str | None) -> None:
    """Print the raw days that PARTITION (or those up to LAST) needs, as a --partition-range."""
    settings = get_settings()
    click.echo(f"{settings.raw_days(first)[0]}...{settings.raw_days(last or first)[1]}")


@cli.command()
@click.argument("partition")
def summary(partition: str) -> None:
    """Say what became of PARTITION: rows, AUC, and where dataset and model are."""
    from ml_pipeline.cli.summary import print_summary

    get_settings().raw_days(partition)
    print_summary(get_settings(), partition)


@cli.command()
@click.option("--from", "first", required=True, help="The first partition, such as 2013-02-01.")
@click.option("--to", "last", required=True, help="The last partition.")
def backfill(first: str, last: str) -> None:
    """Run daily_training for a range of partitions and wait for it; its raw days must be there."""
    from ml_pipeline.cli.backfill import run_backfill

    sys.exit(0 if run_backfill(first, last) else 1)


@cli.command()
def doctor() -> None:
    """Check target, credentials, bucket, role and local service, and say what to do."""
    from ml_pipeline.cli.doctor import diagnose

    sys.exit(0 if diagnose(get_settings()) else 1)


cli.add_command(local)
