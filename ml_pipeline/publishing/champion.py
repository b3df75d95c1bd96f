"""The pointer to the model that consumers use."""

from typing import TYPE_CHECKING

from pydantic import BaseModel

from dagster_sagemaker import explain_refusal
from ml_pipeline.publishing.artifacts import Evaluation, Model
from ml_pipeline.publishing.s3_writes import CHECK, put_if_unchanged

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEY = "champion.json"


class Champion(BaseModel):
    """A model that passed its checks.

    Args:
        partition: The day it was evaluated on.
        model: Its artifact.
        evaluation: The evaluation it passed.
    """

    partition: str
    model: Model
    evaluation: Evaluation


def promote(s3: "S3Client", bucket: str, candidate: Champion, *, key: str = KEY) -> Champion:
    """Make a model champion, unless the champion is of a later day.

    Several runs may promote at once: each write is conditional on what was read before it.

    Returns:
        The champion as it now stands.

    Raises:
        dagster.Failure: The bucket cannot be read or written to.
    """
    with explain_refusal(f"write s3://{bucket}/{key}", CHECK):
        return _promote(s3, bucket, candidate, key)


def _promote(s3: "S3Client", bucket: str, candidate: Champion, key: str) -> Champion:
    while True:
        current, etag = _read(s3, bucket, key)
        if current is not None and current.partition > candidate.partition:
            return current
        body = candidate.model_dump_json(indent=1).encode()
        if put_if_unchanged(s3, bucket, key, body, etag=etag):
            return candidate


def _read(s3: "S3Client", bucket: str, key: str) -> tuple[Champion | None, str | None]:
    try:
        answer = s3.get_object(Bucket=bucket, Key=key)
    except s3.exceptions.NoSuchKey:
        return None, None
    return Champion.model_validate_json(answer["Body"].read()), answer["ETag"]
