"""What all training jobs are described by."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field, model_validator
from typing_extensions import Self

from dagster_sagemaker.inputs import TrainingChannel
from dagster_sagemaker.job_settings import ManagedJob
from dagster_sagemaker.request import JobRequest, Upload, deep_merge


class TrainingSettings(ManagedJob):
    """The fields of a training job; ``build`` of a subclass makes the request."""

    region: str = Field(description="Region of the job.")
    max_runtime_seconds: int = Field(default=86400, ge=1, description="Stop the job after this.")
    spot: bool = Field(default=False, description="Run on spot capacity.")
    max_wait_seconds: int | None = Field(
        default=None, ge=1, description="With spot: run time and waiting for capacity together."
    )
    checkpoint_s3_uri: str | None = Field(
        default=None, description="S3 prefix that /opt/ml/checkpoints is kept in sync with."
    )
    keep_alive_seconds: int | None = Field(
        default=None, ge=1, description="Keep the instances for a next job for this time."
    )
    metric_definitions: dict[str, str] = Field(
        default_factory=dict, description="Metrics by name: a regex whose group 1 is the value."
    )

    @model_validator(mode="after")
    def _spot_needs_patience(self) -> Self:
        if self.spot and (self.max_wait_seconds or 0) < self.max_runtime_seconds:
            message = "spot needs max_wait_seconds, of at least max_runtime_seconds"
            raise ValueError(message)
        return self

    def _request(
        self,
        *,
        channels: Sequence[TrainingChannel],
        output_uri: str,
        hyperparameters: Mapping[str, str],
        uploads: tuple[Upload, ...],
        overrides: Mapping[str, Any],
        version: str,
        pipes: bool,
    ) -> JobRequest:
        request = {
            "AlgorithmSpecification": self._algorithm(),
            "OutputDataConfig": self._output(output_uri),
            "StoppingCondition": self._stopping(),
            "ResourceConfig": self._resources(),
            "RoleArn": self.role_arn,
            "InputDataConfig": [channel.to_request() for channel in channels],
            "HyperParameters": dict(hyperparameters),
            **self._options(),
            **self._labels(),
        }
        return JobRequest(
            request=deep_merge(deep_merge(request, self.overrides), overrides),
            uploads=uploads,
            version=version,
            pipes=pipes,
        )

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

    def _resources(self) -> dict[str, Any]:
        resources = self._machine()
        if self.keep_alive_seconds is not None:
            resources["KeepAlivePeriodInSeconds"] = self.keep_alive_seconds
        return resources

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
        if self.network is not None:
            # The SDK leaves out what is false in requests for training, and only there.
            options |= {name: value for name, value in self.network.to_request().items() if value}
        if self.spot:
            options["EnableManagedSpotTraining"] = True
        if self.checkpoint_s3_uri is not None:
            options["CheckpointConfig"] = {"S3Uri": self.checkpoint_s3_uri}
        return options
