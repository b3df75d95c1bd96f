"""Stopping a job from the terminal."""

import time

import click

from dagster_sagemaker.stop import stop_job
from ml_pipeline.cli.jobs.found import FoundJob

_SECONDS = 1.0


def stop_and_wait(job: FoundJob, *, wait: bool) -> bool:
    """Ask for a job to be stopped.

    Args:
        job: The job.
        wait: Until it has ended.

    Returns:
        Whether it will not run on.
    """

    def report(message: str) -> None:
        click.echo(message.removeprefix("[sagemaker] "))

    if job.kind.is_over(job.description):
        click.echo(f"{job.name} has ended already: {job.kind.status(job.description)}")
        return True
    stopped = stop_job(job.connection, job.kind, job.name, report)
    while stopped and wait:
        description = job.kind.describe_job(job.connection.client("sagemaker"), job.name)
        if job.kind.is_over(description):
            click.echo(f"{job.name}: {job.kind.status(description)}")
            break
        time.sleep(_SECONDS)
    return stopped
