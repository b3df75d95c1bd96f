"""What the expressions of a step stand for in an execution."""

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from local_sagemaker.jobs.data.s3_uri import split_uri
from local_sagemaker.jobs.reasons import ClientFault
from local_sagemaker.kinds import KINDS
from local_sagemaker.pipelines.definition.expressions import Reference
from local_sagemaker.pipelines.definition.paths import parse_path, pick
from local_sagemaker.pipelines.definition.reading import Definition
from local_sagemaker.pipelines.definition.step_types import JOB_STEPS
from local_sagemaker.pipelines.names import pipeline_arn
from local_sagemaker.pipelines.records import Execution, StepRun
from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.store import ObjectStore


class ExecutionScope:
    """The values of an execution, as the definition's ``Scope``.

    Args:
        execution: The execution.
        definition: Its definition.
        runs: Its steps so far, by name.
        objects: Where property files are.
        job_name: The name of the job that the values are for.
    """

    def __init__(
        self,
        execution: Execution,
        definition: Definition,
        runs: Mapping[str, StepRun],
        objects: ObjectStore,
        job_name: str = "",
    ) -> None:
        self._definition = definition
        self._runs = runs
        self._objects = objects
        self._parameters: Mapping[str, Any] = execution.members["Parameters"]
        self._variables = {
            "CurrentDateTime": _iso(datetime.now(timezone.utc)),
            "PipelineArn": pipeline_arn(execution.pipeline),
            "PipelineExecutionArn": execution.arn,
            "PipelineExecutionId": execution.id,
            "PipelineName": execution.pipeline,
            "StartDateTime": _iso(datetime.fromtimestamp(execution.created, timezone.utc)),
            **{kind.member("Name"): job_name for kind in KINDS.values()},
        }

    def get(self, reference: Reference) -> Any:
        """The value that a reference names."""
        if reference.root == "Parameters":
            return self._parameters[reference.name]
        if reference.root == "Execution":
            return self._variables[reference.name]
        run = self._runs[reference.name]
        known = {**run.details.get("Properties", {}), **_outcome(run)}
        try:
            return pick(known, reference.path)
        except LookupError as error:
            path = ".".join(map(str, reference.path))
            text = f"step {reference.name} has no property {path}: {error.args[0]}"
            raise LookupError(text) from None

    def property_file(self, reference: Reference) -> str:
        """The URI of a property file."""
        step = self._definition.steps[reference.name]
        file = step.property_files[str(reference.path[-1])]
        outputs = parse_path(JOB_STEPS[step.type].named_outputs)
        output = (*outputs, file.output, "S3Output", "S3Uri")
        prefix = self.get(Reference("Steps", reference.name, output))
        return f"{prefix.rstrip('/')}/{file.path.lstrip('/')}"

    def json_file(self, uri: str) -> Any:
        """A JSON document in S3."""
        try:
            return json.loads(self._objects.read_bytes(*split_uri(uri, "the URI")))
        except (ClientFault, S3Error) as error:
            raise LookupError(f"{uri} cannot be read: {error}") from None
        except ValueError as error:
            raise LookupError(f"{uri} is not JSON: {error}") from None


def _outcome(run: StepRun) -> dict[str, Any]:
    return {"Outcome": run.details["Outcome"]} if "Outcome" in run.details else {}


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
