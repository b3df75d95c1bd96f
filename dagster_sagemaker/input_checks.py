"""A job's inputs, looked for before it is submitted: else it waits for a machine to learn it."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from dagster_sagemaker.errors import JobNotCreatedError
from dagster_sagemaker.refusals import explain_refusal
from dagster_sagemaker.s3_uri import parse_s3_uri
from dagster_sagemaker.transient import error_code

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from dagster_sagemaker.kinds import JobKind
    from dagster_sagemaker.request import Upload

# What the job's role may read, the credentials here need not.
_NOT_FOR_US = frozenset({"AccessDenied", "AllAccessDisabled", "PermanentRedirect"})


def check_inputs(
    s3: "S3Client",
    kind: "JobKind",
    request: Mapping[str, Any],
    uploads: Sequence["Upload"],
    title: str,
) -> None:
    """One look at each distinct address that a job reads, its own uploads aside.

    Args:
        s3: Client of S3.
        kind: Processing or training.
        request: The complete request.
        uploads: What was put there for the job.
        title: What the job is for, for people.

    Raises:
        JobNotCreatedError: There is nothing at one; names all of them.
        dagster.Failure: S3 did not answer.
    """
    missing = [
        f"{uri} (input {', '.join(names)})"
        for uri, names in kind.inputs_by_uri(request).items()
        if _is_in_a_bucket(uri)
        and not any(upload.uri.startswith(uri) for upload in uploads)
        and not _is_there(s3, uri)
    ]
    if missing:
        message = (
            f"Nothing was submitted: the {kind.name} job for {title} would find nothing at "
            f"{'; '.join(missing)}. Write it first, or correct the address in the request."
        )
        raise JobNotCreatedError(message)


def _is_in_a_bucket(uri: str) -> bool:
    return uri.startswith("s3://") and not uri.startswith("s3://arn:")  # that is an access point


def _is_there(s3: "S3Client", uri: str) -> bool:
    """Whether an object has this address or one that begins with it; yes, if we may not know."""
    bucket, key = parse_s3_uri(uri)
    with explain_refusal(f"look for {uri}", "its bucket, the credentials, the region"):
        try:
            return s3.list_objects_v2(Bucket=bucket, Prefix=key, MaxKeys=1)["KeyCount"] > 0
        except ClientError as error:
            if error_code(error) == "NoSuchBucket":
                return False
            if error_code(error) in _NOT_FOR_US:
                return True
            raise
