"""A processing job that runs a script, and the request that it becomes."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import Field

from dagster_sagemaker.code import CodeBundle
from dagster_sagemaker.inputs import ManifestInput, ProcessingInput, ProcessingOutput
from dagster_sagemaker.job_settings import JobSettings, ManagedJob
from dagster_sagemaker.processors.code_parts import CODE_DIRECTORY, CodeParts
from dagster_sagemaker.request import JobRequest, deep_merge


class ScriptProcessor(JobSettings):
    """A processing job that runs a script in an image.

    The request is the one the SageMaker SDK's class of the same name sends, except that the code
    is a directory named by its content. A processor for another image family overrides
    ``resolved_image_uri``; one that starts its script differently overrides ``code_parts``.
    """

    command: tuple[str, ...] = Field(default=("python3",), description="What runs the script.")
    max_runtime_seconds: int | None = Field(
        default=None, ge=1, description="Stop the job after this time; the service's default: 1 d."
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
            ValueError: No image was given and none is known, or the code is not complete.
            FileNotFoundError: A file of the code does not exist.
        """
        parts = self.code_parts(code, code_uri)
        every_output = [*outputs, *self.own_outputs(outputs)]
        request = {
            "ProcessingResources": {"ClusterConfig": self._machine()},
            "RoleArn": self.role_arn,
            "AppSpecification": self._application(parts, arguments),
            "ProcessingInputs": [part.to_request() for part in (*inputs, *parts.inputs)],
            **self._outputs(every_output),
            **self._options(),
            **self._labels(),
        }
        manifests = [upload for part in inputs for upload in part.uploads()]
        return JobRequest(
            request=deep_merge(deep_merge(request, self.overrides), overrides or {}),
            uploads=(*parts.uploads, *manifests),
            version=version,
            optional_outputs=tuple(output.name for output in every_output if output.optional),
            pipes=code.pipes,
        )

    def code_parts(self, code: CodeBundle, code_uri: str) -> CodeParts:
        """How the job gets its code, and what its container runs.

        Raises:
            ValueError: The bundle has requirements, which nothing would install.
        """
        if code.requirements is not None:
            message = (
                f"{type(self).__name__} installs no requirements ({code.requirements}): use a "
                "FrameworkProcessor, which does, or an image that has them"
            )
            raise ValueError(message)
        return CodeParts(
            entrypoint=(*self.command, f"{CODE_DIRECTORY}/{code.entry_point}"),
            inputs=(
                ProcessingInput(
                    name="code", s3_uri=code.directory_uri(code_uri), local_path=CODE_DIRECTORY
                ),
            ),
            uploads=code.directory_uploads(code_uri),
        )

    def own_outputs(self, outputs: Sequence[ProcessingOutput]) -> list[ProcessingOutput]:
        """Outputs that the processor adds to the caller's; none, unless a subclass has some."""
        del outputs
        return []

    def _application(self, parts: CodeParts, arguments: Sequence[str]) -> dict[str, Any]:
        application: dict[str, Any] = {
            "ImageUri": self.resolved_image_uri(),
            "ContainerEntrypoint": list(parts.entrypoint),
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
        if self.max_runtime_seconds is not None:
            options["StoppingCondition"] = {"MaxRuntimeInSeconds": self.max_runtime_seconds}
        if self.network is not None:
            options["NetworkConfig"] = self.network.to_request()
        return options


class SKLearnProcessor(ManagedJob, ScriptProcessor):
    """A processing job in SageMaker's scikit-learn image."""

    framework: Literal["sklearn"] = Field(default="sklearn", description="Family of the image.")
    framework_version: str = Field(default="1.4-2", description="Version of the image.")
