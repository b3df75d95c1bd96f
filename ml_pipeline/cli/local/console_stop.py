"""Stopping a job as somebody does in the console, not as its caller."""

from typing import Any

import boto3
import click
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from local_sagemaker.account import REGION
from local_sagemaker.kinds import KINDS, JobKind


def stop_job(url: str, job: str, kind: str | None) -> str:
    """Stop a job by its name.

    Args:
        url: The local service's.
        job: The job's name.
        kind: The name of the job's kind; None to find out.

    Returns:
        The job's kind.

    Raises:
        click.ClickException: There is no such job that runs.
    """
    client = boto3.client(
        "sagemaker",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - it has no secrets
        config=Config(proxies={}),
    )
    try:
        of = KINDS[kind] if kind else _kind_of(client, job)
        _call(client, of, "Stop", job)
    except ClientError as error:
        raise click.ClickException(error.response["Error"]["Message"]) from error
    return of.name


def _kind_of(client: Any, job: str) -> JobKind:
    found = [kind for kind in KINDS.values() if _exists(client, kind, job)]
    if not found:
        raise click.ClickException(f"There is no job {job}")
    if len(found) > 1:
        raise click.ClickException(f"Jobs of several kinds are named {job}: say which with --kind")
    return found[0]


def _exists(client: Any, kind: JobKind, job: str) -> bool:
    try:
        _call(client, kind, "Describe", job)
    except ClientError as error:
        # Any other refusal, such as of a name that no job can have, is about the request.
        if error.response["Error"]["Message"] != kind.not_found.format(name=job):
            raise
        return False
    return True


def _call(client: Any, kind: JobKind, verb: str, job: str) -> None:
    getattr(client, xform_name(kind.operation(verb)))(**{kind.member("Name"): job})
