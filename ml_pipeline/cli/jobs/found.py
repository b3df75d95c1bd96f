"""A job by its name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click
from botocore.exceptions import BotoCoreError, ClientError

from dagster_sagemaker import SageMakerConnection
from dagster_sagemaker.answers import says_no_such_job
from dagster_sagemaker.costs import PriceTable
from dagster_sagemaker.kinds import KINDS, JobKind
from ml_pipeline.resources import build_connection, prices_of
from ml_pipeline.settings import Settings


@dataclass(frozen=True)
class FoundJob:
    """A job that exists.

    Args:
        connection: Where it is.
        kind: Processing or training.
        name: Its name.
        description: What the service says of it.
        prices: Of the target's region; None if there are none.
    """

    connection: SageMakerConnection
    kind: JobKind
    name: str
    description: dict[str, Any]
    prices: PriceTable | None


def find_job(settings: Settings, name: str, kinds: Sequence[str]) -> FoundJob:
    """The job of a name.

    Args:
        settings: Name the target.
        name: Of the job.
        kinds: Which kinds it may be of; the first one that has the name counts.

    Raises:
        click.ClickException: There is none, or the service refused to say.
    """
    connection = build_connection(settings)
    for kind in (each for each in KINDS.values() if each.name in kinds):
        try:
            description = kind.describe_job(connection.client("sagemaker"), name)
        except ClientError as error:
            if says_no_such_job(error):
                continue
            raise click.ClickException(f"{error}") from error
        except BotoCoreError as error:
            message = f"{error}. To see what is wrong: ml-pipeline doctor"
            raise click.ClickException(message) from error
        return FoundJob(connection, kind, name, description, prices_of(settings))
    raise click.ClickException(
        f"There is no {' or '.join(kinds)} job {name}. Those that there are: ml-pipeline jobs list"
    )
