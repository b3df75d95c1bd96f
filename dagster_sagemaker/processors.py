"""Processors: typed descriptions of processing jobs that build the request boto3 takes."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from dagster_sagemaker.code import CodeBundle
from dagster_sagemaker.images import sklearn_image_uri
from dagster_sagemaker.inputs import ManifestInput, ProcessingInput, ProcessingOutput
from dagster_sagemaker.request import JobRequest, deep_merge

CODE_DIRECTORY = "/opt/ml/processing/input/code"
"""Where a processing job finds its code bundle; the SageMaker SDK uses the same place."""


class ScriptProcessor(BaseModel):
    """A processing job that runs a script in an image.

    The request is the one the SageMaker SDK's class of the same name sends, except that the code
    is a directory named by its content. A processor for another image family overrides
    ``resolved_image_uri``; one that starts its script differently overrides ``entrypoint``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    role_arn: str = Field(description="Role that the job runs as.")
    image_uri: str | None = Field(default=None, description="Image to run.")
    command: tuple[str, ...] = Field(default=("python3",), description="What runs the script.")
    instance_type: str = Field(default="ml.m5.xlarge", description="Type of each instance.")
    instance_count: int = Field(default=1, ge=1, description="Number of instances.")
    volume_size_gb: int = Field(default=30, ge=1, description="Disk of each instance in GB.")
    volume_kms_key: str | None = Field(default=None, description="Key that encrypts the disks.")
    output_kms_key: str | None = Field(default=None, description="Key that encrypts the outputs.")
    max_runtime_seconds: int | None = Field(
        default=None, ge=1, description="Stop the job after this time; the service's default: 1 d."
    )
    environment: dict[str, str] = Field(
        default_factory=dict, description="Environment variables; values of at most 256 characters."
    )
    tags: dict[str, str] = Field(default_factory=dict, description="Tags of the job.")
    overrides: dict[str, Any] = Field(
        default_factory=dict, description="Merged into every request; None removes a member."
    )

    def build(
        self,
        *,
        code: CodeBundle,
        code_uri: str,
        arguments: Sequence[str] = (),
        inputs: Sequence[ProcessingInput | ManifestInput] = (),
        outputs: Sequence[ProcessingOutput] = (),
        overrides: Mapping[str, Any] | None = None,
        version: str = "",
    ) -> JobRequest:
        """The request of one job.

        Args:
            code: Script and modules.
            code_uri: S3 prefix to keep code bundles under.
            arguments: Arguments of the script.
            inputs: Data to bring in, besides the code.
            outputs: Directories to upload.
            overrides: Merged into the request last; None removes a member, lists are replaced.
            version: See ``JobRequest.version``.

        Raises:
            ValueError: No image was given and none is known.
        """
        code_input = ProcessingInput(
            name="code", s3_uri=code.directory_uri(code_uri), local_path=CODE_DIRECTORY
        )
        request = {
            **self._machine(),
            "AppSpecification": self._application(code, arguments),
            "ProcessingInputs": [part.to_request() for part in (*inputs, code_input)],
            **self._outputs(outputs),
            **self._options(),
        }
        manifests = [upload for part in inputs for upload in part.uploads()]
        return JobRequest(
            request=deep_merge(deep_merge(request, self.overrides), overrides or {}),
            uploads=(*code.directory_uploads(code_uri), *manifests),
            version=version,
            optional_outputs=tuple(output.name for output in outputs if output.optional),
        )

    def resolved_image_uri(self) -> str:
        """The image to run.

        Raises:
            ValueError: No image was given.
        """
        if self.image_uri is None:
            message = f"{type(self).__name__} needs the field `image_uri`"
            raise ValueError(message)
        return self.image_uri

    def entrypoint(self, code: CodeBundle) -> list[str]:
        """What the container runs."""
        return [*self.command, f"{CODE_DIRECTORY}/{code.entry_point}"]

    def _machine(self) -> dict[str, Any]:
        cluster: dict[str, Any] = {
            "InstanceType": self.instance_type,
            "InstanceCount": self.instance_count,
            "VolumeSizeInGB": self.volume_size_gb,
        }
        if self.volume_kms_key is not None:
            cluster["VolumeKmsKeyId"] = self.volume_kms_key
        return {"ProcessingResources": {"ClusterConfig": cluster}, "RoleArn": self.role_arn}

    def _application(self, code: CodeBundle, arguments: Sequence[str]) -> dict[str, Any]:
        application: dict[str, Any] = {
            "ImageUri": self.resolved_image_uri(),
            "ContainerEntrypoint": self.entrypoint(code),
        }
        if arguments:
            application["ContainerArguments"] = list(arguments)
        return application

    def _outputs(self, outputs: Sequence[ProcessingOutput]) -> dict[str, Any]:
        if not outputs:
            return {}
        config: dict[str, Any] = {"Outputs": [output.to_request() for output in outputs]}
        if self.output_kms_key is not None:
            config["KmsKeyId"] = self.output_kms_key
        return {"ProcessingOutputConfig": config}

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = {}
        if self.environment:
            options["Environment"] = dict(self.environment)
        if self.max_runtime_seconds is not None:
            options["StoppingCondition"] = {"MaxRuntimeInSeconds": self.max_runtime_seconds}
        if self.tags:
            options["Tags"] = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        return options


class SKLearnProcessor(ScriptProcessor):
    """A processing job in SageMaker's scikit-learn image."""

    region: str | None = Field(default=None, description="Region of the job, to find its image.")
    framework_version: str = Field(default="1.4-2", description="Version of the image.")

    def resolved_image_uri(self) -> str:
        """The image given, or the managed one of the region.

        Raises:
            ValueError: Neither image nor region was given, or the region's image is not known.
        """
        if self.image_uri is not None:
            return self.image_uri
        if self.region is None:
            message = "SKLearnProcessor needs the field `region`, or `image_uri`"
            raise ValueError(message)
        return sklearn_image_uri(self.region, self.framework_version)
