"""Stopping a job as somebody does in the console, not as its caller."""

from typing import Any

import boto3
import click
from botocore.config import Config
from botocore.exceptions import ClientError

from local_sagemaker.account import REGION
from local_sagemaker.home import JOB_KINDS


def stop_job(url: str, job: str, kind: str | None) -> str:
    """Stop a job by its name.

    Args:
        url: The local service's.
        job: The job's name.
        kind: Processing or training; None to find out.

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
        kind = kind or _kind_of(client, job)
        getattr(client, f"stop_{kind}_job")(**{f"{kind.title()}JobName": job})
    except ClientError as error:
        raise click.ClickException(error.response["Error"]["Message"]) from error
    return kind


def _kind_of(client: Any, job: str) -> str:
    found = [kind for kind in JOB_KINDS if _exists(client, kind, job)]
    if not found:
        raise click.ClickException(f"There is no job {job}")
    if len(found) > 1:
        raise click.ClickException(f"Jobs of both kinds are named {job}: say which with --kind")
    return found[0]


def _exists(client: Any, kind: str, job: str) -> bool:
    try:
        getattr(client, f"describe_{kind}_job")(**{f"{kind.title()}JobName": job})
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":
            raise
        return False
    return True
