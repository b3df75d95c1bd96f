"""Where a person finds a job and its log."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import dagster as dg

from dagster_sagemaker.kinds import JobKind

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

    from dagster_sagemaker.connection import SageMakerConnection

EXTERNAL_RUN_URL = "external run url"
"""The key under which Dagster's own Pipes clients have the address of what they run."""

_CONSOLES = {
    "amazonaws.com.cn": "console.amazonaws.cn",
    "amazonaws.com": "console.aws.amazon.com",
}


def job_links(
    connection: "SageMakerConnection", kind: JobKind, name: str
) -> dict[str, dg.UrlMetadataValue]:
    """The addresses that a job has, as metadata."""
    page = console_url(connection, kind, name)
    links = {
        EXTERNAL_RUN_URL: page,
        "console_url": page,
        "logs_url": logs_url(connection, kind, name),
    }
    return {key: dg.MetadataValue.url(url) for key, url in links.items() if url is not None}


def console_url(connection: "SageMakerConnection", kind: JobKind, name: str) -> str | None:
    """The job's page: the connection's own, or the AWS console's; None if there is neither."""
    if connection.job_page_url is not None:
        return connection.job_page_url.format(kind=kind.name, name=name)
    client = connection.client("sagemaker")
    console = _console(client)
    if console is None:
        return None
    region = client.meta.region_name
    return f"https://{console}/sagemaker/home?region={region}#/{kind.console_path}/{name}"


def logs_url(connection: "SageMakerConnection", kind: JobKind, name: str) -> str | None:
    """The job's log streams in the AWS console; None where the endpoint is not AWS."""
    client = connection.client("sagemaker")
    console = _console(client)
    if console is None:
        return None
    region = client.meta.region_name
    return (
        f"https://{console}/cloudwatch/home?region={region}#logStream:group={kind.log_group};"
        f"prefix={name}/;streamFilter=typeLogStreamPrefix"
    )


def _console(client: "SageMakerClient") -> str | None:
    host = urlsplit(client.meta.endpoint_url).hostname or ""
    region = client.meta.region_name
    for suffix, console in _CONSOLES.items():
        if host.endswith("." + suffix):
            if region.startswith("us-gov-"):
                return "console.amazonaws-us-gov.com"
            return f"{region}.{console}"
    return None
