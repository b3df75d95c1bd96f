"""Where a job's data comes from and goes to, as small models that become parts of a request."""

import hashlib
import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from dagster_sagemaker.request import Upload
from dagster_sagemaker.s3_uri import as_directory, join_s3_uri, parse_s3_uri

DataType = Literal["S3Prefix", "ManifestFile"]
Distribution = Literal["FullyReplicated", "ShardedByS3Key"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ProcessingInput(_Part):
    """One S3 prefix, or one manifest, made available below ``local_path``."""

    name: str = Field(description="Name of the input, unique within the job.")
    s3_uri: str = Field(description="Prefix, single object, or manifest in S3.")
    local_path: str = Field(description="Directory below /opt/ml/processing/.")
    data_type: DataType = Field(default="S3Prefix", description="What `s3_uri` names.")
    distribution: Distribution = Field(
        default="FullyReplicated", description="All objects on every instance, or a share each."
    )
    mode: Literal["File", "Pipe"] = Field(default="File", description="Files, or named pipes.")
    compression: Literal["None", "Gzip"] = Field(
        default="None", description="Unpack on the way; only with mode Pipe."
    )

    def to_request(self) -> dict[str, Any]:
        """The entry of ``ProcessingInputs``."""
        return {
            "InputName": self.name,
            "AppManaged": False,
            "S3Input": {
                "S3Uri": self.s3_uri,
                "LocalPath": self.local_path,
                "S3DataType": self.data_type,
                "S3InputMode": self.mode,
                "S3DataDistributionType": self.distribution,
                "S3CompressionType": self.compression,
            },
        }

    def uploads(self) -> tuple[Upload, ...]:
        """Objects that this input needs in S3 beforehand."""
        return ()


class ManifestInput(_Part):
    """Exactly the listed objects, through a manifest file.

    A request holds at most 10 inputs, and a shared prefix would bring in everything below it; a
    manifest names any number of objects as one input.
    """

    name: str = Field(description="Name of the input, unique within the job.")
    prefix: str = Field(description="S3 prefix that all objects share, such as s3://bucket/raw/.")
    objects: tuple[str, ...] = Field(
        min_length=1, description="Keys below the prefix; they keep these paths below local_path."
    )
    local_path: str = Field(description="Directory below /opt/ml/processing/.")
    manifest_uri: str = Field(description="S3 prefix to keep manifests under, named by content.")
    distribution: Distribution = Field(
        default="FullyReplicated", description="All objects on every instance, or a share each."
    )

    @field_validator("prefix", "manifest_uri")
    @classmethod
    def _is_s3(cls, value: str) -> str:
        parse_s3_uri(value)
        return as_directory(value)

    @property
    def content(self) -> bytes:
        """The manifest: ``[{"prefix": ...}, "key", ...]``."""
        return json.dumps([{"prefix": self.prefix}, *self.objects]).encode()

    @property
    def uri(self) -> str:
        """Where the manifest lies."""
        name = f"{hashlib.sha256(self.content).hexdigest()[:32]}.manifest"
        return join_s3_uri(self.manifest_uri, name)

    def to_request(self) -> dict[str, Any]:
        """The entry of ``ProcessingInputs``."""
        return ProcessingInput(
            name=self.name,
            s3_uri=self.uri,
            local_path=self.local_path,
            data_type="ManifestFile",
            distribution=self.distribution,
        ).to_request()

    def uploads(self) -> tuple[Upload, ...]:
        """The manifest."""
        return (Upload(uri=self.uri, content=self.content),)


class ProcessingOutput(_Part):
    """A directory of the job that is uploaded to an S3 prefix."""

    name: str = Field(description="Name of the output, unique within the job.")
    local_path: str = Field(description="Directory below /opt/ml/processing/.")
    s3_uri: str = Field(description="S3 prefix; put `{{ job_name }}` into it to keep jobs apart.")
    upload_mode: Literal["EndOfJob", "Continuous"] = Field(
        default="EndOfJob", description="Upload after the job, or while it runs."
    )
    optional: bool = Field(default=False, description="May be empty when the job has completed.")
    app_managed: bool = Field(
        default=False,
        description="The script writes to `s3_uri` itself, as Spark's executors do; the output is "
        "looked for there all the same.",
    )

    def to_request(self) -> dict[str, Any]:
        """The entry of ``ProcessingOutputConfig.Outputs``."""
        return {
            "OutputName": self.name,
            "AppManaged": self.app_managed,
            "S3Output": {
                "S3Uri": self.s3_uri,
                "LocalPath": self.local_path,
                "S3UploadMode": self.upload_mode,
            },
        }


class TrainingChannel(_Part):
    """One named input of a training job, found by the script in /opt/ml/input/data/<name>."""

    name: str = Field(description="Name of the channel, such as `train`.")
    s3_uri: str = Field(description="Prefix, or manifest, in S3.")
    data_type: DataType = Field(default="S3Prefix", description="What `s3_uri` names.")
    distribution: Distribution = Field(
        default="FullyReplicated", description="All objects on every instance, or a share each."
    )
    content_type: str | None = Field(default=None, description="MIME type, if the image asks.")
    input_mode: Literal["File", "FastFile", "Pipe"] | None = Field(
        default=None, description="How the channel is read, if not as the job says."
    )

    def to_request(self) -> dict[str, Any]:
        """The entry of ``InputDataConfig``."""
        channel: dict[str, Any] = {
            "DataSource": {
                "S3DataSource": {
                    "S3DataType": self.data_type,
                    "S3Uri": self.s3_uri,
                    "S3DataDistributionType": self.distribution,
                }
            },
            "ChannelName": self.name,
        }
        if self.content_type is not None:
            channel["ContentType"] = self.content_type
        if self.input_mode is not None:
            channel["InputMode"] = self.input_mode
        return channel
