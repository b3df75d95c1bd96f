"""Who works on a partition, as an object in S3 that is written under conditions only."""

import json
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from dagster_sagemaker.refusals import explain_refusal
from dagster_sagemaker.s3_uri import S3Location
from dagster_sagemaker.transient import error_code

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection

# The object is not as the condition says, or another write of it is under way.
_LOST = frozenset({"PreconditionFailed", "412", "ConditionalRequestConflict"})
_GONE = frozenset({"NoSuchKey", "404"})


@dataclass(frozen=True)
class Claim:
    """Whose a piece of work is.

    Args:
        job_name: The job that does it, or is to.
        fingerprint: What that job computes.
        run_id: The run that wrote this.
        root_run_id: The first of the runs that re-execute one another.
    """

    job_name: str
    fingerprint: str
    run_id: str
    root_run_id: str


@dataclass(frozen=True)
class StoredClaim:
    """A claim as it was read.

    Args:
        claim: What it says; None if it is none of ours, or was released.
        etag: Entity tag of the object.
        age_seconds: Since it was written, by the clock of S3.
    """

    claim: Claim | None
    etag: str
    age_seconds: float


class ClaimStore:
    """The claim on one piece of work.

    Args:
        connection: Where S3 is.
        place: The object.
    """

    def __init__(self, connection: "SageMakerConnection", place: S3Location) -> None:
        self._connection = connection
        self._place = place

    def write(self, claim: Claim | None, etag: str | None) -> str | None:
        """Write the claim, if the object is still the one that is known.

        Args:
            claim: What to write; None if the work is nobody's any more.
            etag: Of the object to replace; None if there is none.

        Returns:
            The object's new entity tag; None if somebody else was faster.

        Raises:
            dagster.Failure: S3 refused it.
        """
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        body = json.dumps(None if claim is None else asdict(claim)).encode()
        bucket, key = self._place
        check = f"that bucket {bucket} exists and that the credentials in use may write it"
        with explain_refusal(f"write {self._place.uri}", check):
            try:
                answer = self._connection.client("s3").put_object(
                    Bucket=bucket, Key=key, Body=body, **condition
                )
            except ClientError as error:
                if error_code(error) in _LOST or (etag and error_code(error) in _GONE):
                    return None
                raise
        return answer["ETag"]

    def read(self) -> StoredClaim | None:
        """The claim that is there, if there is one.

        Raises:
            dagster.Failure: S3 refused it.
        """
        bucket, key = self._place
        check = f"that the credentials in use may read and list bucket {bucket}"
        with explain_refusal(f"read {self._place.uri}", check):
            try:
                answer = self._connection.client("s3").get_object(Bucket=bucket, Key=key)
                body = answer["Body"].read()
            except ClientError as error:
                if error_code(error) in _GONE:
                    return None
                raise
        now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        age = (now - answer["LastModified"]).total_seconds()
        return StoredClaim(_parsed(body), answer["ETag"], age)


def _parsed(body: bytes) -> Claim | None:
    try:
        return Claim(**json.loads(body))
    except (ValueError, TypeError):
        return None
