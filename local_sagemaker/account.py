"""The account and region that the local service answers as."""

from local_sagemaker.kinds import JobKind

ACCOUNT = "000000000000"
REGION = "us-east-1"


def job_arn(kind: JobKind, name: str) -> str:
    """The ARN of a job."""
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{kind.arn_resource}/{name}"


def log_group_arn(group: str) -> str:
    """The ARN of a log group, without the ``:*`` that some answers add."""
    return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
