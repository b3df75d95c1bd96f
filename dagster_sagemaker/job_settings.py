"""What processing and training jobs are described by alike."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from dagster_sagemaker.images import Framework, check_processor, image_uri
from dagster_sagemaker.network import NetworkConfig


class JobSettings(BaseModel):
    """A job's role, image, machine, network and labels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role_arn: str = Field(description="Role that the job runs as.")
    image_uri: str | None = Field(default=None, description="Image to run.")
    instance_type: str = Field(default="ml.m5.xlarge", description="Type of each instance.")
    instance_count: int = Field(default=1, ge=1, description="Number of instances.")
    volume_size_gb: int = Field(default=30, ge=1, description="Disk of each instance in GB.")
    volume_kms_key: str | None = Field(default=None, description="Key that encrypts the disks.")
    output_kms_key: str | None = Field(default=None, description="Key that encrypts the outputs.")
    network: NetworkConfig | None = Field(default=None, description="Network of the job.")
    environment: dict[str, str] = Field(
        default_factory=dict,
        description="Environment variables; values of at most 256 characters (training: 512).",
    )
    tags: dict[str, str] = Field(default_factory=dict, description="Tags of the job.")
    overrides: dict[str, Any] = Field(
        default_factory=dict, description="Merged into every request; None removes a member."
    )

    def resolved_image_uri(self) -> str:
        """The image to run.

        Raises:
            ValueError: No image was given, or it is one for GPUs and the type has none.
        """
        if self.image_uri is None:
            message = f"{type(self).__name__} needs the field `image_uri`"
            raise ValueError(message)
        check_processor(self.image_uri, self.instance_type)
        return self.image_uri

    def _machine(self) -> dict[str, Any]:
        machine: dict[str, Any] = {
            "InstanceType": self.instance_type,
            "InstanceCount": self.instance_count,
            "VolumeSizeInGB": self.volume_size_gb,
        }
        if self.volume_kms_key is not None:
            machine["VolumeKmsKeyId"] = self.volume_kms_key
        return machine

    def _labels(self) -> dict[str, Any]:
        labels: dict[str, Any] = {}
        if self.environment:
            labels["Environment"] = dict(self.environment)
        if self.tags:
            labels["Tags"] = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        return labels


class ManagedJob(JobSettings):
    """A job in one of AWS's own images; ``image_uri`` goes before the fields that find it."""

    framework: Framework = Field(description="Family of the image.")
    region: str | None = Field(default=None, description="Region of the job, to find its image.")
    framework_version: str = Field(description="Version of the image, such as 1.4-2 or 2.10.")
    py_version: str | None = Field(
        default=None, description="Python of the image, such as py312, if it has several."
    )

    def resolved_image_uri(self) -> str:
        """The image given, or the managed one for the fields.

        Raises:
            ValueError: Neither image nor region was given, or there is no such image.
        """
        if self.image_uri is not None:
            return super().resolved_image_uri()
        if self.region is None:
            message = f"{type(self).__name__} needs the field `region`, or `image_uri`"
            raise ValueError(message)
        return self._managed_image_uri(self.region)

    def _managed_image_uri(self, region: str) -> str:
        return image_uri(
            self.framework,
            region=region,
            version=self.framework_version,
            instance_type=self.instance_type,
            py_version=self.py_version,
        )
