"""What is left of a job that completed with its outputs in place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dagster_sagemaker.kinds import KindName


@dataclass(frozen=True)
class S3Object:
    """One object as it was when the job had completed.

    Args:
        key: Key in the bucket.
        size: Bytes.
        etag: Entity tag, without quotes.
    """

    key: str
    size: int
    etag: str


@dataclass(frozen=True)
class S3Output:
    """One output of a job.

    Args:
        uri: Prefix or object in S3.
        objects: What lies there, sorted by key.
    """

    uri: str
    objects: tuple[S3Object, ...]


@dataclass(frozen=True)
class FinishedJob:
    """A completed and verified job.

    Args:
        kind: ``processing`` or ``training``.
        name: Name of the job.
        arn: ARN of the job.
        description: The service's last description of it. Holds the job's environment: do not log.
        outputs: Outputs by name. A training job has ``model`` and, if it wrote one, ``output``.
        report: The job's ``report.json``, if it wrote one.
        model_uri: Where a training job's model lies.
        metadata: What to attach to a materialization; numbers are numbers.
    """

    kind: KindName
    name: str
    arn: str
    description: Mapping[str, Any] = field(repr=False)
    outputs: Mapping[str, S3Output]
    report: dict[str, Any] | None
    model_uri: str | None
    metadata: dict[str, Any]
