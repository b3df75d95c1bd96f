"""All operations of SageMaker Pipelines, by name."""

from collections.abc import Callable, Mapping
from typing import Any

from local_sagemaker.pipelines.execution_operations import ExecutionOperations
from local_sagemaker.pipelines.names import pipeline_name
from local_sagemaker.pipelines.pipeline_operations import PipelineOperations
from local_sagemaker.pipelines.store import PipelineStore
from local_sagemaker.records.store import JobStore
from local_sagemaker.s3.store import ObjectStore

Operation = Callable[[Mapping[str, Any]], Mapping[str, Any] | None]


class Pipelines:
    """SageMaker Pipelines, for the service of the JSON protocol.

    Args:
        store: Where pipelines are recorded.
        tags: Where tags are.
        objects: Where definitions may lie.
        wake: Has an execution taken on.
    """

    def __init__(
        self,
        store: PipelineStore,
        tags: JobStore,
        objects: ObjectStore,
        wake: Callable[[str], None],
    ) -> None:
        self._store = store
        pipelines = PipelineOperations(store, tags, objects)
        executions = ExecutionOperations(store, tags, wake)
        self.operations: dict[str, Operation] = {
            "CreatePipeline": pipelines.create,
            "UpdatePipeline": pipelines.update,
            "DescribePipeline": pipelines.describe,
            "ListPipelines": pipelines.list_pipelines,
            "DeletePipeline": pipelines.delete,
            "StartPipelineExecution": executions.start,
            "DescribePipelineExecution": executions.describe,
            "DescribePipelineDefinitionForExecution": executions.describe_definition,
            "ListPipelineExecutions": executions.list_executions,
            "ListPipelineExecutionSteps": executions.list_steps,
            "ListPipelineParametersForExecution": executions.list_parameters,
            "StopPipelineExecution": executions.stop,
            "RetryPipelineExecution": executions.retry,
            "UpdatePipelineExecution": executions.update,
        }

    def has(self, arn: str) -> bool:
        """Whether it is the ARN of a pipeline, whose tags can be read and changed."""
        found = self._store.pipeline(pipeline_name(arn)) if ":pipeline/" in arn else None
        return found is not None and found.arn == arn
