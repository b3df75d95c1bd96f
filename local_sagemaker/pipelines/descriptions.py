"""Pipelines, executions and steps as Describe and List give them back."""

from collections.abc import Mapping
from typing import Any

from local_sagemaker.account import job_arn
from local_sagemaker.kinds import KINDS
from local_sagemaker.pipelines.definition.reading import Definition
from local_sagemaker.pipelines.definition.step_types import CONDITION, FAIL, JOB_STEPS
from local_sagemaker.pipelines.definition.steps import Step
from local_sagemaker.pipelines.records import Execution, Pipeline, StepRun

_SUMMARY = ("PipelineDisplayName", "PipelineDescription", "RoleArn")
_EXECUTION = (
    "PipelineExecutionDisplayName",
    "PipelineExecutionDescription",
    "FailureReason",
    "ParallelismConfiguration",
    "RoleArn",
)


def pipeline(one: Pipeline) -> dict[str, Any]:
    """The response of ``DescribePipeline``."""
    return {
        **one.members,
        **_times(LastRunTime=one.last_run),
        "PipelineArn": one.arn,
        "PipelineName": one.name,
        "PipelineDefinition": one.definition,
        "PipelineStatus": "Active",
        "CreationTime": one.created,
        "LastModifiedTime": one.modified,
    }


def pipeline_summary(one: Pipeline) -> dict[str, Any]:
    """A pipeline in the response of ``ListPipelines``."""
    return {
        **{name: one.members[name] for name in _SUMMARY if name in one.members},
        **_times(LastExecutionTime=one.last_run),
        "PipelineArn": one.arn,
        "PipelineName": one.name,
        "CreationTime": one.created,
        "LastModifiedTime": one.modified,
    }


def execution(one: Execution) -> dict[str, Any]:
    """The response of ``DescribePipelineExecution``."""
    return {
        **{name: one.members[name] for name in _EXECUTION if name in one.members},
        "PipelineArn": one.arn.rpartition("/execution/")[0],
        "PipelineExecutionArn": one.arn,
        "PipelineExecutionStatus": one.status,
        "CreationTime": one.created,
        "LastModifiedTime": one.modified,
    }


def execution_summary(one: Execution) -> dict[str, Any]:
    """An execution in the response of ``ListPipelineExecutions``."""
    members = {
        "PipelineExecutionDisplayName": "PipelineExecutionDisplayName",
        "PipelineExecutionDescription": "PipelineExecutionDescription",
        "PipelineExecutionFailureReason": "FailureReason",
    }
    return {
        **{name: one.members[of] for name, of in members.items() if of in one.members},
        "PipelineExecutionArn": one.arn,
        "PipelineExecutionStatus": one.status,
        "StartTime": one.created,
    }


def step(run: StepRun, definition: Definition) -> dict[str, Any]:
    """A step in the response of ``ListPipelineExecutionSteps``."""
    of = definition.steps[run.name]
    details = run.details
    shown: dict[str, Any] = {
        **of.shown,
        **_times(EndTime=run.ended),
        "StepName": run.name,
        "StepStatus": run.status,
        "StartTime": run.started,
        "Metadata": _metadata(run, of),
    }
    if "FailureReason" in details:
        shown["FailureReason"] = details["FailureReason"]
    if "Attempts" in details:
        shown["AttemptCount"] = details["Attempts"]
    if "CacheHit" in details:
        shown["CacheHitResult"] = {"SourcePipelineExecutionArn": details["CacheHit"]}
    return shown


def _metadata(run: StepRun, of: Step) -> dict[str, Any]:
    if of.type == FAIL:
        return {"Fail": {"ErrorMessage": run.details.get("ErrorMessage", "")}}
    if of.type == CONDITION:
        known = "Outcome" in run.details
        return {"Condition": {"Outcome": str(run.details["Outcome"])} if known else {}}
    job = step_job(run, of)
    if job is None:
        return {}
    kind, _, name = job.partition("/")
    return {JOB_STEPS[of.type].member(""): {"Arn": job_arn(KINDS[kind], name)}}


def step_job(run: StepRun, of: Step) -> str | None:
    """The kind and name of the job that a step's result is of, once there is one."""
    if of.type not in JOB_STEPS or run.job is not None:
        return run.job
    kind = JOB_STEPS[of.type]
    properties: Mapping[str, Any] = run.details.get("Properties", {})
    name = properties.get(kind.member("Name"))
    return None if name is None else f"{kind}/{name}"


def _times(**times: float | None) -> dict[str, float]:
    return {name: time for name, time in times.items() if time is not None}
