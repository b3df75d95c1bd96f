"""Start, Describe, List, Stop, Retry and Update of executions of pipelines."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from local_sagemaker.pipelines import descriptions
from local_sagemaker.pipelines.definition.expressions import text_of
from local_sagemaker.pipelines.definition.parameters import values_of
from local_sagemaker.pipelines.definition.reading import read_definition
from local_sagemaker.pipelines.names import execution_id, new_execution_id
from local_sagemaker.pipelines.pages import answer, page_of
from local_sagemaker.pipelines.pipeline_operations import find, not_found, refuse_versions
from local_sagemaker.pipelines.records import (
    EXECUTING,
    FAILED,
    STOPPED,
    STOPPING,
    Execution,
    Pipeline,
    StepRun,
)
from local_sagemaker.pipelines.store import PipelineStore
from local_sagemaker.records.store import JobStore
from local_sagemaker.service_errors import ServiceError, invalid

Members = Mapping[str, Any]

_KEPT = (
    "ParallelismConfiguration",
    "PipelineExecutionDescription",
    "PipelineExecutionDisplayName",
)
REFUSED_OF_EXECUTIONS = {
    "SelectiveExecutionConfig": "give the steps that are to be used again a CacheConfig",
    "MlflowExperimentName": "there is no MLflow server here",
}
"""Members of StartPipelineExecution that are refused, and what to do instead."""
_COLUMNS = {"CreationTime": "created", "PipelineExecutionArn": "id"}


class ExecutionOperations:
    """The operations of executions.

    Args:
        store: Where they are recorded.
        tags: Where tags are.
        wake: Has an execution taken on.
    """

    def __init__(self, store: PipelineStore, tags: JobStore, wake: Callable[[str], None]) -> None:
        self._store = store
        self._tags = tags
        self._wake = wake

    def start(self, request: Members) -> dict[str, Any]:
        """Answer ``StartPipelineExecution``; a token that was used finds its execution.

        Raises:
            ServiceError: There is no such pipeline, its parameters cannot have these values, or
                the token was used with other ones.
        """
        refuse_versions(request)
        for member, instead in REFUSED_OF_EXECUTIONS.items():
            if member in request:
                text = f"{member} is not supported by the local SageMaker: {instead}"
                raise invalid(text)
        pipeline = find(self._store, request["PipelineName"])
        # First: the pipeline may have got other parameters since.
        execution = self._store.started_with(pipeline.name, request["ClientRequestToken"])
        if execution is None:
            execution = self._added(pipeline, request)
        if execution.members["Asked"] != _asked(request):
            text = f"ClientRequestToken was used with other parameters, for {execution.arn}"
            raise ServiceError("ConflictException", text)
        self._wake(execution.id)
        return {"PipelineExecutionArn": execution.arn}

    def _added(self, pipeline: Pipeline, request: Members) -> Execution:
        """A new execution, or the one that the same call has started meanwhile."""
        execution = self._new(pipeline, request)
        try:
            return self._store.add_execution(execution) or execution
        except KeyError:
            raise not_found(pipeline.name) from None

    def _new(self, pipeline: Pipeline, request: Members) -> Execution:
        """The execution that a call would start."""
        definition = read_definition(pipeline.definition)
        now = time.time()
        members = {
            "RoleArn": request.get("RoleArn", pipeline.members["RoleArn"]),
            "PipelineExecutionDisplayName": f"execution-{int(now * 1000)}",
            **{name: pipeline.members[name] for name in _KEPT if name in pipeline.members},
            **{name: request[name] for name in _KEPT if name in request},
            "Parameters": values_of(definition.parameters, request.get("PipelineParameters", [])),
            "Tags": self._tags.tags(pipeline.arn),
            "Asked": _asked(request),
        }
        return Execution(
            id=new_execution_id(),
            pipeline=pipeline.name,
            created=now,
            modified=now,
            status=EXECUTING,
            token=request["ClientRequestToken"],
            definition=pipeline.definition,
            members=members,
        )

    def describe(self, request: Members) -> dict[str, Any]:
        """Answer ``DescribePipelineExecution``; errors as in ``list_steps``."""
        return descriptions.execution(self._get(request))

    def describe_definition(self, request: Members) -> dict[str, Any]:
        """Answer ``DescribePipelineDefinitionForExecution``; errors as in ``list_steps``."""
        execution = self._get(request)
        return {"PipelineDefinition": execution.definition, "CreationTime": execution.created}

    def list_executions(self, request: Members) -> dict[str, Any]:
        """Answer ``ListPipelineExecutions``.

        Raises:
            ServiceError: There is no such pipeline.
        """
        refuse_versions(request)
        conditions = {
            "pipeline = ?": find(self._store, request["PipelineName"]).name,
            "created > ?": request.get("CreatedAfter"),
            "created < ?": request.get("CreatedBefore"),
        }
        column = _COLUMNS[request.get("SortBy", "CreationTime")]
        page = page_of(request, conditions, (column, "id"), descending=True)
        found = self._store.executions(page)
        return answer(page, "PipelineExecutionSummaries", found, descriptions.execution_summary)

    def list_steps(self, request: Members) -> dict[str, Any]:
        """Answer ``ListPipelineExecutionSteps``: of those whose turn has come.

        Raises:
            ServiceError: There is no such execution.
        """
        execution = self._get(request)
        definition = read_definition(execution.definition)
        steps = self._store.steps(execution.id)
        if request.get("SortOrder", "Descending") == "Descending":
            steps.reverse()

        def shown(run: StepRun) -> dict[str, Any]:
            return descriptions.step(run, definition)

        return _part(request, "PipelineExecutionSteps", list(map(shown, steps)))

    def list_parameters(self, request: Members) -> dict[str, Any]:
        """Answer ``ListPipelineParametersForExecution``; errors as in ``list_steps``."""
        values = self._get(request).members["Parameters"]
        shown = [{"Name": name, "Value": text_of(value)} for name, value in values.items()]
        return _part(request, "PipelineParameters", shown)

    def stop(self, request: Members) -> dict[str, Any]:
        """Answer ``StopPipelineExecution``: its jobs are stopped, and no step starts any more.

        Raises:
            ServiceError: There is no such execution, or it has ended.
        """

        def stopping(execution: Execution) -> Execution:
            if execution.ended:
                raise invalid(
                    f"Pipeline execution {execution.arn} is in status {execution.status}; only one "
                    "that is Executing can be stopped"
                )
            return replace(execution, status=STOPPING)

        return self._changed(request, stopping)

    def retry(self, request: Members) -> dict[str, Any]:
        """Answer ``RetryPipelineExecution``: steps that failed or stopped run again.

        Raises:
            ServiceError: There is no such execution, or it goes on or has succeeded.
        """
        token = request["ClientRequestToken"]
        again = {name: request[name] for name in ("ParallelismConfiguration",) if name in request}

        def retried(execution: Execution) -> Execution:
            if execution.members.get("RetryToken") == token:
                return execution
            if execution.status not in {FAILED, STOPPED}:
                raise invalid(
                    f"Pipeline execution {execution.arn} is in status {execution.status}; only one "
                    "that is Failed or Stopped can be retried"
                )
            members = {**execution.members, **again, "RetryToken": token}
            members.pop("FailureReason", None)
            return replace(execution, status=EXECUTING, members=members)

        return self._changed(request, retried, forget_failed=True)

    def update(self, request: Members) -> dict[str, Any]:
        """Answer ``UpdatePipelineExecution``; errors as in ``list_steps``."""
        new = {name: request[name] for name in _KEPT if name in request}

        def changed(execution: Execution) -> Execution:
            return replace(execution, members={**execution.members, **new})

        return self._changed(request, changed)

    def _changed(
        self,
        request: Members,
        change: Callable[[Execution], Execution],
        *,
        forget_failed: bool = False,
    ) -> dict[str, Any]:
        execution = self._get(request)
        self._store.change_execution(execution.id, change, forget_failed=forget_failed)
        self._wake(execution.id)
        return {"PipelineExecutionArn": execution.arn}

    def _get(self, request: Members) -> Execution:
        # The model lets List come without it, and the service refuses that.
        arn = request.get("PipelineExecutionArn", "")
        found = self._store.execution(execution_id(arn))
        if found is None or found.arn.lower() != arn.lower():
            raise ServiceError("ResourceNotFound", f"Pipeline execution '{arn}' does not exist.")
        return found


def _asked(request: Members) -> dict[str, str]:
    return {one["Name"]: one["Value"] for one in request.get("PipelineParameters", [])}


def _part(request: Members, member: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    """A page of a list that never is long: its token is a place in it."""
    token = request.get("NextToken", "0")
    if not (token.isascii() and token.isdigit() and len(token) < 9):
        raise invalid("Invalid NextToken: it is none of this list")
    first, size = int(token), request.get("MaxResults", 100)
    response: dict[str, Any] = {member: items[first : first + size]}
    if first + size < len(items):
        response["NextToken"] = str(first + size)
    return response
