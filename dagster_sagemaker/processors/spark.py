"""Processing jobs that submit an application to a Spark cluster of the job's own instances."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from dagster_sagemaker.code import CodeBundle
from dagster_sagemaker.images import image_uri
from dagster_sagemaker.inputs import ProcessingOutput
from dagster_sagemaker.job_settings import ManagedJob
from dagster_sagemaker.processors.code_parts import CodeParts
from dagster_sagemaker.processors.script import ScriptProcessor
from dagster_sagemaker.processors.spark_configuration import Configuration, configuration_part
from dagster_sagemaker.processors.spark_files import dependency_part
from dagster_sagemaker.s3_uri import parse_s3_uri

_EVENTS_DIRECTORY = "/opt/ml/processing/spark-events/"


class PySparkProcessor(ManagedJob, ScriptProcessor):
    """A processing job in SageMaker's Spark image, which makes its instances one cluster.

    The request is the one the SageMaker SDK's class of the same name sends. The script runs on the
    first instance; modules that its executors import too go into ``submit_py_files``.
    """

    framework: Literal["spark"] = Field(default="spark", description="Family of the image.")
    framework_version: str = Field(default="3.5", description="Version of Spark in the image.")
    container_version: str | None = Field(
        default=None, description="Version of the image itself, such as 1.0; with py_version."
    )
    command: tuple[str, ...] = Field(
        default=("smspark-submit",), description="What submits the application."
    )

    submit_py_files: tuple[str | Path, ...] = Field(
        default=(),
        description="Modules and archives for every executor's Python: local files, packages "
        "(directories, which are sent as zip files), S3 URIs.",
    )
    submit_jars: tuple[str | Path, ...] = Field(
        default=(), description="Jars: local files, directories of such, S3 URIs."
    )
    submit_files: tuple[str | Path, ...] = Field(
        default=(), description="Files for every executor's working directory; given like jars."
    )
    configuration: Configuration | None = Field(
        default=None, description="Settings of Spark and Hadoop, as EMR's classifications."
    )
    spark_event_logs_s3_uri: str | None = Field(
        default=None, description="S3 prefix that Spark's event logs go to while the job runs."
    )

    def code_parts(self, code: CodeBundle, code_uri: str) -> CodeParts:
        """How the job gets its code, and what its container runs.

        Args:
            code: The application (the SDK's ``submit_app``) and what lies beside it.
            code_uri: S3 prefix to keep it, and the local files of the fields, under.

        Raises:
            ValueError: A file is neither local nor in S3, or a classification is not known.
            FileNotFoundError: A local file does not exist.
        """
        named = {
            "py-files": self.submit_py_files,
            "jars": self.submit_jars,
            "files": self.submit_files,
        }
        parts = [
            dependency_part(option, files, code_uri) for option, files in named.items() if files
        ]
        if self.configuration is not None:
            parts.append(configuration_part(self.configuration, code_uri))
        options = [word for part in parts for word in part.entrypoint]
        if self.spark_event_logs_s3_uri is not None:
            options += ["--local-spark-event-logs-dir", _EVENTS_DIRECTORY]
        application = super().code_parts(code, code_uri)
        parts.append(application)
        return CodeParts(
            entrypoint=(*self.command, *options, application.entrypoint[-1]),
            inputs=tuple(one for part in parts for one in part.inputs),
            uploads=tuple(upload for part in parts for upload in part.uploads),
        )

    def own_outputs(self, outputs: Sequence[ProcessingOutput]) -> list[ProcessingOutput]:
        """The event logs, if they are wanted.

        Raises:
            ValueError: They are to go to what is no S3 URI.
        """
        if self.spark_event_logs_s3_uri is None:
            return []
        parse_s3_uri(self.spark_event_logs_s3_uri)
        return [
            ProcessingOutput(
                # The SDK's name for an output that was given none.
                name=f"output-{len(outputs) + 1}",
                local_path=_EVENTS_DIRECTORY,
                s3_uri=self.spark_event_logs_s3_uri,
                upload_mode="Continuous",
                optional=True,
            )
        ]

    def _managed_image_uri(self, region: str) -> str:
        return image_uri(
            self.framework,
            region=region,
            version=self.framework_version,
            instance_type=self.instance_type,
            py_version=self.py_version,
            container_version=self.container_version,
        )
