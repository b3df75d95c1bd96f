"""Publishing: a partition is what its ``manifest.json`` names, and nothing else."""

from typing import TYPE_CHECKING, TypeVar

from botocore.exceptions import ClientError

from dagster_sagemaker import explain_refusal
from ml_pipeline.publishing.artifacts import Artifact, StoredObject
from ml_pipeline.publishing.s3_writes import CHECK, put_if_unchanged

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ArtifactT = TypeVar("ArtifactT", bound=Artifact)


class ObjectChangedError(RuntimeError):
    """An object is gone, or is no longer the one that its manifest names."""


class Manifests:
    """The manifests in one bucket.

    Args:
        s3: A client that may read and write the bucket.
        bucket: Its name.
    """

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3 = s3
        self.bucket = bucket

    def uri(self, asset: str, partition: str) -> str:
        """Where the manifest of a partition is, or would be."""
        return f"s3://{self.bucket}/{_key(asset, partition)}"

    def publish(self, asset: str, partition: str, artifact: Artifact) -> str:
        """Make an artifact the partition's current one, in one atomic write.

        Returns:
            The manifest's URI.

        Raises:
            dagster.Failure: The bucket cannot be written to.
        """
        body = artifact.model_dump_json(indent=1).encode()
        with explain_refusal(f"write {self.uri(asset, partition)}", CHECK):
            self._s3.put_object(
                Bucket=self.bucket,
                Key=_key(asset, partition),
                Body=body,
                ContentType="application/json",
            )
        return self.uri(asset, partition)

    def publish_if_absent(self, asset: str, partition: str, artifact: Artifact) -> bool:
        """Publish a partition unless it has an artifact; of several that try at once, one does.

        Returns:
            Whether it was this one.

        Raises:
            dagster.Failure: The bucket cannot be written to.
        """
        body = artifact.model_dump_json(indent=1).encode()
        with explain_refusal(f"write {self.uri(asset, partition)}", CHECK):
            while self.find(asset, partition, Artifact) is None:
                if put_if_unchanged(self._s3, self.bucket, _key(asset, partition), body, etag=None):
                    return True
        return False

    def find(self, asset: str, partition: str, kind: type[ArtifactT]) -> ArtifactT | None:
        """The partition's current artifact, or None if it was never published.

        Raises:
            dagster.Failure: The bucket cannot be read.
        """
        with explain_refusal(f"read {self.uri(asset, partition)}", CHECK):
            try:
                answer = self._s3.get_object(Bucket=self.bucket, Key=_key(asset, partition))
            except self._s3.exceptions.NoSuchKey:
                return None
        return kind.model_validate_json(answer["Body"].read())

    def read(self, stored: StoredObject) -> bytes:
        """The bytes of an object, if it is still the one that was published.

        Raises:
            ObjectChangedError: It was deleted or written over since.
        """
        try:
            answer = self._s3.get_object(Bucket=self.bucket, Key=stored.key, IfMatch=stored.etag)
        except ClientError as error:
            if error.response["Error"]["Code"] not in {"NoSuchKey", "PreconditionFailed"}:
                raise
            raise ObjectChangedError(
                f"s3://{self.bucket}/{stored.key} was changed or deleted after it was published: "
                "materialize its asset's partition again"
            ) from error
        return answer["Body"].read()


def _key(asset: str, partition: str) -> str:
    return f"{asset}/ds={partition}/manifest.json"
