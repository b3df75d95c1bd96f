"""What a partition of an asset is: the objects in S3 that a manifest names."""

import hashlib
from datetime import datetime, timezone
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from typing_extensions import Self

from dagster_sagemaker import FinishedJob


class StoredObject(BaseModel):
    """One object, exactly as it was when it was published.

    Args:
        key: Its key in the bucket.
        size: In bytes.
        etag: Without quotes.
    """

    model_config = ConfigDict(frozen=True)

    key: str
    size: int
    etag: str


class Output(BaseModel):
    """One output of a job, or the files of a raw day.

    Args:
        uri: The S3 prefix the objects lie under.
        objects: All of them, sorted by key.
    """

    model_config = ConfigDict(frozen=True)

    uri: str
    objects: tuple[StoredObject, ...]


class Artifact(BaseModel):
    """A published partition; readers start from it and from nothing else.

    Args:
        outputs: By name.
        job_name: The SageMaker job that made them, if one did.
        job_arn: Its ARN.
        code_version: The content hash of the code that made them.
        columns: Name and type of each column, where the outputs are tables.
        created: When it was published.
    """

    model_config = ConfigDict(frozen=True)

    outputs: dict[str, Output]
    job_name: str | None = None
    job_arn: str | None = None
    code_version: str = ""
    columns: tuple[dict[str, Any], ...] = ()
    created: datetime = Field(default_factory=lambda: datetime.now(timezone.utc))

    @classmethod
    def from_job(cls, job: FinishedJob, *, code_version: str) -> Self:
        """What a finished job left in S3."""
        return cls(
            outputs={
                name: Output(
                    uri=output.uri,
                    objects=tuple(
                        StoredObject(key=found.key, size=found.size, etag=found.etag)
                        for found in output.objects
                    ),
                )
                for name, output in job.outputs.items()
            },
            job_name=job.name,
            job_arn=job.arn,
            code_version=code_version,
            columns=tuple((job.report or {}).get("schema", ())),
        )

    def etags(self, *names: str) -> str:
        """A hash of the contents of some outputs, all of them if none is named."""
        objects = [
            stored for name in names or self.outputs for stored in self.outputs[name].objects
        ]
        lines = sorted(f"{stored.key} {stored.etag}\n" for stored in objects)
        return hashlib.sha256("".join(lines).encode()).hexdigest()


class RawDay(Artifact):
    """One day of flights and weather, and the planes: output ``files``."""


class Dataset(Artifact):
    """Outputs ``train``, ``validation``, ``holdout`` (parquet) and ``preprocessor``."""


class Model(Artifact):
    """Output ``model``: one ``model.tar.gz`` that holds ``model.joblib``."""


class Evaluation(Artifact):
    """Output ``report``: how the model did on the held-out day."""


class Statistics(Artifact):
    """Outputs ``daily`` and ``statistics`` (parquet) and ``report``."""


class Features(Artifact):
    """Outputs ``features`` (parquet, or CSV with a line of names) and ``report``."""


class Sequences(Artifact):
    """Outputs ``train``, ``validation`` (TFRecord files), ``vocabulary`` and ``report``."""
