"""``ml-pipeline doctor``: is everything there that a run needs, and if not, what to do."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

from dagster_sagemaker import SageMakerConnection
from ml_pipeline.resources import LocalServiceError, build_connection
from ml_pipeline.settings import Settings


@dataclass(frozen=True)
class Finding:
    """The outcome of one check.

    Args:
        good: Whether it passed.
        subject: What was checked.
        text: What was found, and if it did not pass, what to do.
    """

    good: bool
    subject: str
    text: str


def diagnose(settings: Settings) -> bool:
    """Run all checks and print their findings.

    Returns:
        Whether all of them passed.
    """
    console = Console(soft_wrap=True)
    good = True
    for finding in _findings(settings):
        mark = "[green]ok[/green]  " if finding.good else "[red]fail[/red]"
        console.print(f"{mark} [bold]{finding.subject}[/bold]: {finding.text}", highlight=False)
        good = good and finding.good
    return good


def _findings(settings: Settings) -> Iterator[Finding]:
    yield Finding(True, "target", f"{settings.target} (ML_PIPELINE_TARGET)")
    yield _dagster_home()
    connection = build_connection(settings)
    if settings.target == "local":
        service = _local_service(connection, settings)
        yield service
        if not service.good:
            return
    else:
        credentials = _credentials(connection, settings)
        yield credentials
        if not credentials.good:
            return
    yield _bucket(connection, settings)
    if settings.target == "aws":
        yield _role(connection, settings)


def _dagster_home() -> Finding:
    home = os.environ.get("DAGSTER_HOME", "")
    good = Path(home).is_absolute() and (Path(home) / "dagster.yaml").is_file()
    advice = "set it to the absolute path of dagster_home/, as `make .env` does"
    return Finding(good, "DAGSTER_HOME", home if good else f"{home or 'not set'}; {advice}")


def _local_service(connection: SageMakerConnection, settings: Settings) -> Finding:
    try:
        url = connection.client("sagemaker").meta.endpoint_url
    except LocalServiceError as error:
        return Finding(False, "local service", str(error))
    return Finding(True, "local service", f"{url}, home {settings.home.resolve()}")


def _credentials(connection: SageMakerConnection, settings: Settings) -> Finding:
    advice = (
        f"check ML_PIPELINE_PROFILE ({settings.profile or 'not set'}), "
        f"`aws sts get-caller-identity` and ML_PIPELINE_REGION ({settings.region})"
    )
    return _ask(
        "credentials", lambda: connection.client("sts").get_caller_identity()["Arn"], advice
    )


def _bucket(connection: SageMakerConnection, settings: Settings) -> Finding:
    bucket, key = settings.bucket_name, f"doctor/{uuid4().hex}"

    def probe() -> str:
        s3 = connection.client("s3")
        s3.put_object(Bucket=bucket, Key=key, Body=b"")
        s3.delete_object(Bucket=bucket, Key=key)
        return f"s3://{bucket} can be written"

    advice = f"s3://{bucket} must exist in {settings.region} and be writable (ML_PIPELINE_BUCKET)"
    return _ask("bucket", probe, advice)


def _role(connection: SageMakerConnection, settings: Settings) -> Finding:
    name = settings.job_role_arn.rpartition("/")[2]

    def probe() -> str:
        role = connection.client("iam").get_role(RoleName=name)["Role"]
        if "sagemaker.amazonaws.com" not in str(role.get("AssumeRolePolicyDocument")):
            raise PermissionError("its trust policy does not name sagemaker.amazonaws.com")
        return str(role["Arn"])

    advice = f"{settings.job_role_arn} must trust sagemaker.amazonaws.com (ML_PIPELINE_ROLE_ARN)"
    return _ask("role", probe, advice)


def _ask(subject: str, probe: Callable[[], str], advice: str) -> Finding:
    try:
        return Finding(True, subject, probe())
    except (BotoCoreError, ClientError, PermissionError) as error:
        return Finding(False, subject, f"{error}; {advice}")
