"""A client of SageMaker Pipelines: an asset that starts an existing pipeline and follows it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import dagster as dg
from dagster._core.definitions.resource_annotation import TreatAsResourceParam

from dagster_sagemaker.connection import SageMakerConnection
from dagster_sagemaker.identity import StepContext, StepIdentity, identify
from dagster_sagemaker.interrupts import INTERRUPTS, lost_interrupts_noted
from dagster_sagemaker.pipeline_execution import PipelineExecution
from dagster_sagemaker.polling import Polling
from dagster_sagemaker.render import render
from dagster_sagemaker.template_values import template_values


@dataclass(frozen=True)
class FinishedPipeline:
    """An execution that succeeded.

    Args:
        arn: Its ARN.
        steps: Its steps, as ``ListPipelineExecutionSteps`` has them.
        metadata: For the materialization.
    """

    arn: str
    steps: tuple[Mapping[str, Any], ...]
    metadata: Mapping[str, Any]

    def job_arn(self, step: str) -> str:
        """The ARN of the job of a step.

        Raises:
            KeyError: There was no such step, or it is no job.
        """
        for one in self.steps:
            for metadata in one.get("Metadata", {}).values():
                if one["StepName"] == step and "Arn" in metadata:
                    return str(metadata["Arn"])
        raise KeyError(step)


class SageMakerPipelineClient(TreatAsResourceParam):
    """Runs pipelines that exist in SageMaker.

    The start has a stable ``ClientRequestToken``, made of the root run, the asset, its partition
    and the parameters: a re-executed run finds the execution of the run that died and follows it;
    one that failed is retried, which runs only its failed steps again.

    Args:
        connection: Where pipelines are.
        polling: Pace of the looks at an execution.
        stop_on_cancel: Stop the execution when the run is cancelled.
    """

    def __init__(
        self,
        connection: SageMakerConnection,
        *,
        polling: Polling | None = None,
        stop_on_cancel: bool = True,
    ) -> None:
        self._connection = connection
        self._polling = polling or Polling()
        self._stop_on_cancel = stop_on_cancel

    def run(
        self,
        *,
        context: StepContext,
        pipeline: str,
        parameters: Mapping[str, str | int | float | bool] | None = None,
        partition_key: str | None = None,
    ) -> FinishedPipeline:
        """Start a pipeline, or go on with the execution that an earlier attempt started.

        Args:
            context: Context of the asset or op.
            pipeline: Name or ARN of the pipeline.
            parameters: Values of its parameters. Strings may be templates, such as ``{{ ds }}``.
            partition_key: The one of the step's partitions that is meant, if not all of them.

        Raises:
            InvalidRequestError: A template cannot be filled in.
            dagster.Failure: It could not be started, or did not succeed.
        """
        step = identify(context, partition_key)
        rendered = render(dict(parameters or {}), template_values(step, {}, None))
        values = {name: _text(value) for name, value in rendered.items()}
        token = _token(step, pipeline, values)
        execution = PipelineExecution(
            self._connection, pipeline, values, token, self._polling, context.log
        )
        try:
            with lost_interrupts_noted():
                execution.start()
                if context.retry_number or context.run.parent_run_id:
                    again = json.dumps([token, step.run_id, context.retry_number])
                    execution.retry_what_failed(hashlib.sha256(again.encode()).hexdigest())
                description = execution.wait()
        except INTERRUPTS:
            if self._stop_on_cancel:
                execution.stop()
            raise
        return _finished(execution, description)


def _token(step: StepIdentity, pipeline: str, values: Mapping[str, str]) -> str:
    work = [step.root_run_id, step.work, step.partition, pipeline, sorted(values.items())]
    return hashlib.sha256(json.dumps(work).encode()).hexdigest()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _finished(execution: PipelineExecution, description: Mapping[str, Any]) -> FinishedPipeline:
    steps = execution.steps()
    status = description["PipelineExecutionStatus"]
    metadata = {
        "pipeline_execution_arn": execution.arn,
        "pipeline_status": status,
        **{f"step/{step['StepName']}": step["StepStatus"] for step in steps},
    }
    if status != "Succeeded":
        reasons = [
            f"{step['StepName']}: {step['FailureReason']}"
            for step in steps
            if "FailureReason" in step
        ] or [description.get("FailureReason", "no step says why")]
        raise dg.Failure(
            f"Pipeline execution {execution.arn} is {status}. {'; '.join(reasons)}. Re-executing "
            "this run retries its failed steps.",
            metadata=metadata,
        )
    return FinishedPipeline(execution.arn, tuple(steps), metadata)
