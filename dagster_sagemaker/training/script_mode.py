"""Training jobs in script mode: a script of one's own in one of AWS's images."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from dagster_sagemaker.code import CodeBundle
from dagster_sagemaker.inputs import TrainingChannel
from dagster_sagemaker.request import JobRequest
from dagster_sagemaker.training.base import TrainingSettings


class FrameworkTraining(TrainingSettings):
    """A training job that runs a script of one's own in a framework's image.

    The image's toolkit unpacks the code, installs its ``requirements.txt``, and calls the script
    with each hyperparameter as ``--name value``. The request is the one that the SageMaker SDK's
    estimator for the framework sends, without the debugger's and the profiler's configuration:
    ``overrides`` adds them.
    """

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

        Raises:
            ValueError: The image is not known, or the code is not complete.
            FileNotFoundError: A file of the code does not exist.
        """
        parameters = {
            **(hyperparameters or {}),
            **self._toolkit_parameters(),
            "sagemaker_submit_directory": code.archive_uri(code_uri),
            "sagemaker_program": code.entry_point,
            "sagemaker_container_log_level": 20,
            "sagemaker_job_name": "{{ job_name }}",
            "sagemaker_region": self.region,
        }
        return self._request(
            channels=channels,
            output_uri=output_uri,
            hyperparameters={name: json.dumps(value) for name, value in parameters.items()},
            uploads=code.archive_uploads(code_uri),
            overrides=overrides or {},
            version=version,
            pipes=code.pipes,
        )

    def _toolkit_parameters(self) -> dict[str, Any]:
        """Hyperparameters for the image's toolkit, which the script does not get."""
        return {}


class SKLearnTraining(FrameworkTraining):
    """Script mode in SageMaker's scikit-learn image."""

    framework: Literal["sklearn"] = Field(default="sklearn", description="Family of the image.")
    framework_version: str = Field(default="1.4-2", description="Version of the image.")


class XGBoostTraining(FrameworkTraining):
    """Script mode in SageMaker's XGBoost image, which runs on CPUs and on GPUs."""

    framework: Literal["xgboost"] = Field(default="xgboost", description="Family of the image.")


class _DeepLearningTraining(FrameworkTraining):
    def _algorithm(self) -> dict[str, Any]:
        # What the SDK sends for these images: metrics become time series, not last values alone.
        return {**super()._algorithm(), "EnableSageMakerMetricsTimeSeries": True}


class PyTorchTraining(_DeepLearningTraining):
    """Script mode in SageMaker's PyTorch image; on a type with GPUs, in the one for them."""

    framework: Literal["pytorch"] = Field(default="pytorch", description="Family of the image.")
    torch_distributed: bool = Field(
        default=False, description="Start the script with torchrun, once for each GPU or host."
    )

    def _toolkit_parameters(self) -> dict[str, Any]:
        if not self.torch_distributed:
            return {}
        return {
            "sagemaker_torch_distributed_enabled": True,
            "sagemaker_instance_type": self.instance_type,
        }


class TensorFlowTraining(_DeepLearningTraining):
    """Script mode in SageMaker's TensorFlow image; on a type with GPUs, in the one for them.

    The SDK always adds a hyperparameter ``model_dir``, a prefix in S3; here it is one of the
    caller's own, if the script takes it.
    """

    framework: Literal["tensorflow"] = Field(
        default="tensorflow", description="Family of the image."
    )
