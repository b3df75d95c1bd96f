"""Training jobs in script mode: typed descriptions that build the request boto3 takes."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import Self

from dagster_sagemaker.code import CodeBundle
from dagster_sagemaker.images import sklearn_image_uri
from dagster_sagemaker.inputs import TrainingChannel
from dagster_sagemaker.request import JobRequest, deep_merge


class SKLearnTraining(BaseModel):
    """A training job in SageMaker's scikit-learn image, running a script of one's own.

    The image's toolkit unpacks the code, and calls the script with each hyperparameter as
    ``--name value``. The request is the one the SageMaker SDK's ``SKLearn`` estimator sends,
    without the debugger's and the profiler's configuration: ``overrides`` adds them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    role_arn: str = Field(description="Role that the job runs as.")
    region: str = Field(description="Region of the job.")
    image_uri: str | None = Field(default=None, description="Image, if not the managed one.")
    framework_version: str = Field(default="1.4-2", description="Version of the managed image.")
    instance_type: str = Field(default="ml.m5.xlarge", description="Type of each instance.")
    instance_count: int = Field(default=1, ge=1, description="Number of instances.")
    volume_size_gb: int = Field(default=30, ge=1, description="Disk of each instance in GB.")
    volume_kms_key: str | None = Field(default=None, description="Key that encrypts the disks.")
    output_kms_key: str | None = Field(default=None, description="Key that encrypts the model.")
    max_runtime_seconds: int = Field(default=86400, ge=1, description="Stop the job after this.")
    spot: bool = Field(default=False, description="Run on spot capacity.")
    max_wait_seconds: int | None = Field(
        default=None, ge=1, description="With spot: run time and waiting for capacity together."
    )
    checkpoint_s3_uri: str | None = Field(
        default=None, description="S3 prefix that /opt/ml/checkpoints is kept in sync with."
    )
    metric_definitions: dict[str, str] = Field(
        default_factory=dict, description="Metrics by name: a regex whose group 1 is the value."
    )
    environment: dict[str, str] = Field(
        default_factory=dict, description="Environment variables; values of at most 512 characters."
    )
    tags: dict[str, str] = Field(default_factory=dict, description="Tags of the job.")
    overrides: dict[str, Any] = Field(
        default_factory=dict, description="Merged into every request; None removes a member."
    )

    @model_validator(mode="after")
    def _spot_needs_patience(self) -> Self:
        if self.spot and (self.max_wait_seconds or 0) < self.max_runtime_seconds:
            message = "spot needs max_wait_seconds, of at least max_runtime_seconds"
            raise ValueError(message)
        return self

    def build(
        self,
        *,
        code: CodeBundle,
        code_uri: str,
        channels: Sequence[TrainingChannel],
        output_uri: str,
        hyperparameters: Mapping[str, Any] | None = None,
        overrides: Mapping[str, Any] | None = None,
        version: str = "",
    ) -> JobRequest:
        """The request of one job.

        Args:
            code: Script and modules.
            code_uri: S3 prefix to keep code bundles under.
            channels: The job's data.
            output_uri: S3 prefix; the service writes ``<output_uri>/<job name>/output/*.tar.gz``.
            hyperparameters: Arguments of the script; values are sent as JSON.
            overrides: Merged into the request last; None removes a member, lists are replaced.
            version: See ``JobRequest.version``.
        """
        request = {
            "AlgorithmSpecification": self._algorithm(),
            "OutputDataConfig": self._output(output_uri),
            "StoppingCondition": self._stopping(),
            "ResourceConfig": self._machine(),
            "RoleArn": self.role_arn,
            "InputDataConfig": [channel.to_request() for channel in channels],
            "HyperParameters": self._hyperparameters(code, code_uri, hyperparameters or {}),
            **self._options(),
        }
        return JobRequest(
            request=deep_merge(deep_merge(request, self.overrides), overrides or {}),
            uploads=code.archive_uploads(code_uri),
            version=version,
        )

    def resolved_image_uri(self) -> str:
        """The image given, or the managed one of the region."""
        return self.image_uri or sklearn_image_uri(self.region, self.framework_version)

    def _hyperparameters(
        self, code: CodeBundle, code_uri: str, own: Mapping[str, Any]
    ) -> dict[str, str]:
        parameters = {
            **own,
            "sagemaker_submit_directory": code.archive_uri(code_uri),
            "sagemaker_program": code.entry_point,
            "sagemaker_container_log_level": 20,
            "sagemaker_job_name": "{{ job_name }}",
            "sagemaker_region": self.region,
        }
        return {name: json.dumps(value) for name, value in parameters.items()}

    def _algorithm(self) -> dict[str, Any]:
        algorithm: dict[str, Any] = {
            "TrainingInputMode": "File",
            "TrainingImage": self.resolved_image_uri(),
        }
        if self.metric_definitions:
            algorithm["MetricDefinitions"] = [
                {"Name": name, "Regex": regex} for name, regex in self.metric_definitions.items()
            ]
        return algorithm

    def _machine(self) -> dict[str, Any]:
        machine: dict[str, Any] = {
            "VolumeSizeInGB": self.volume_size_gb,
            "InstanceCount": self.instance_count,
            "InstanceType": self.instance_type,
        }
        if self.volume_kms_key is not None:
            machine["VolumeKmsKeyId"] = self.volume_kms_key
        return machine

    def _output(self, output_uri: str) -> dict[str, Any]:
        output: dict[str, Any] = {"S3OutputPath": output_uri}
        if self.output_kms_key is not None:
            output["KmsKeyId"] = self.output_kms_key
        return output

    def _stopping(self) -> dict[str, Any]:
        stopping: dict[str, Any] = {"MaxRuntimeInSeconds": self.max_runtime_seconds}
        if self.max_wait_seconds is not None:
            stopping["MaxWaitTimeInSeconds"] = self.max_wait_seconds
        return stopping

    def _options(self) -> dict[str, Any]:
        options: dict[str, Any] = {}
        if self.environment:
            options["Environment"] = dict(self.environment)
        if self.spot:
            options["EnableManagedSpotTraining"] = True
        if self.checkpoint_s3_uri is not None:
            options["CheckpointConfig"] = {"S3Uri": self.checkpoint_s3_uri}
        if self.tags:
            options["Tags"] = [{"Key": key, "Value": value} for key, value in self.tags.items()]
        return options
