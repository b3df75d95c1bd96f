"""A job's log in the terminal, all at once or as it comes."""

import time

import click

from dagster_sagemaker.log_streams import LogLine, LogStreams
from dagster_sagemaker.masking import Mask
from dagster_sagemaker.transient import AWS_ERRORS, is_transient
from ml_pipeline.cli.jobs.found import FoundJob

_SECONDS = 2.0
# How long after its end lines of a job may still come, as CloudWatch has them a little later.
_LATE_SECONDS = 6.0


def print_logs(job: FoundJob, *, follow: bool) -> bool:
    """Print the log of a job.

    Args:
        job: The job.
        follow: Until it has ended; else what there is now.

    Returns:
        Whether all is well: the job that was followed completed, or was not followed.

    Raises:
        click.ClickException: The log cannot be read.
    """
    reader = _Reader(job)
    description = job.description
    if not follow:
        reader.read_all()
        return True
    while not job.kind.is_over(description):
        reader.read_all()
        time.sleep(_SECONDS)
        description = job.kind.describe_job(job.connection.client("sagemaker"), job.name)
    time.sleep(max(_LATE_SECONDS - job.kind.seconds_since_end(description), 0.0))
    reader.read_all()
    status = job.kind.status(description)
    reason = description.get("FailureReason", "")
    click.echo(f"{job.name}: {status}{f': {reason}' if reason else ''}", err=True)
    return status == "Completed"


class _Reader:
    """Prints what is new at each read.

    Args:
        job: The job.
    """

    def __init__(self, job: FoundJob) -> None:
        self._streams = LogStreams(job.connection, job.kind.log_group, job.name, {})
        self._several = job.kind.instance_count(job.description) > 1
        self._expected = job.kind.instance_count(job.description)
        self._mask = Mask()
        self._mask.learn(job.description)

    def read_all(self) -> None:
        """Print all that is there and was not printed yet."""
        try:
            if self._streams.followed < self._expected:
                self._streams.find()
            more = True
            while more:
                lines, more = self._streams.next_pages()
                self._print(lines)
                if self._streams.error is not None:
                    raise self._streams.error
        except AWS_ERRORS as error:
            if not is_transient(error):
                raise click.ClickException(f"The log cannot be read: {error}") from error

    def _print(self, lines: list[LogLine]) -> None:
        for line in lines:
            text = self._mask(line.text)
            click.echo(f"{click.style(line.host, fg='cyan')} {text}" if self._several else text)
