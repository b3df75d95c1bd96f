"""Create, Update, Describe, List and Delete of pipelines."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from local_sagemaker.api.tag_operations import check_tags
from local_sagemaker.pipelines import descriptions
from local_sagemaker.pipelines.definition.reading import read_definition
from local_sagemaker.pipelines.names import pipeline_name
from local_sagemaker.pipelines.pages import answer, page_of
from local_sagemaker.pipelines.records import Pipeline
from local_sagemaker.pipelines.store import PipelineStore
from local_sagemaker.records.store import JobStore
from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.store import ObjectStore
from local_sagemaker.service_errors import ServiceError, invalid

Members = Mapping[str, Any]

_KEPT = ("PipelineDisplayName", "PipelineDescription", "RoleArn", "ParallelismConfiguration")
_REFUSED = ("PipelineVersionAliases", "PipelineVersionId", "PipelineVersionAlias")
_COLUMNS = {"CreationTime": "created", "Name": "name"}


class PipelineOperations:
    """The operations of pipelines themselves.

    Args:
        store: Where they are recorded.
        tags: Where tags are: the job store has those of all resources.
        objects: Where definitions may lie.
    """

    def __init__(self, store: PipelineStore, tags: JobStore, objects: ObjectStore) -> None:
        self._store = store
        self._tags = tags
        self._objects = objects

    def create(self, request: Members) -> dict[str, Any]:
        """Answer ``CreatePipeline``.

        Raises:
            ServiceError: The definition could not run, or the name is taken.
        """
        refuse_versions(request)
        tags = request.get("Tags", [])
        check_tags(tags)
        definition = self._definition(request)
        if definition is None:
            raise invalid("PipelineDefinition or PipelineDefinitionS3Location is required")
        now = time.time()
        name, token = request["PipelineName"], request["ClientRequestToken"]
        kept = {member: request[member] for member in _KEPT if member in request}
        kept.setdefault("PipelineDisplayName", name)
        pipeline = Pipeline(name, now, now, None, token, definition, kept)
        found = self._store.add_pipeline(pipeline)
        if found is not None and found.token != token:
            raise invalid(
                "Pipeline names must be unique within an AWS account and region. "
                f"Pipeline with name ({name}) already exists."
            )
        self._tags.put_tags(pipeline.arn, {tag["Key"]: tag["Value"] for tag in tags})
        return {"PipelineArn": pipeline.arn}

    def update(self, request: Members) -> dict[str, Any]:
        """Answer ``UpdatePipeline``: executions that go on keep the definition they have.

        Raises:
            ServiceError: There is no such pipeline, or the definition could not run.
        """
        refuse_versions(request)
        definition = self._definition(request)
        new = {member: request[member] for member in _KEPT if member in request}

        def changed(pipeline: Pipeline) -> Pipeline:
            return replace(
                pipeline,
                modified=time.time(),
                definition=pipeline.definition if definition is None else definition,
                members={**pipeline.members, **new},
            )

        try:
            pipeline = self._store.change_pipeline(request["PipelineName"], changed)
        except KeyError:
            raise not_found(request["PipelineName"]) from None
        return {"PipelineArn": pipeline.arn}

    def describe(self, request: Members) -> dict[str, Any]:
        """Answer ``DescribePipeline``.

        Raises:
            ServiceError: There is no such pipeline.
        """
        refuse_versions(request)
        return descriptions.pipeline(find(self._store, request["PipelineName"]))

    def list_pipelines(self, request: Members) -> dict[str, Any]:
        """Answer ``ListPipelines``."""
        if request.get("ManagedBy") == "AWS":
            return {"PipelineSummaries": []}
        column = _COLUMNS[request.get("SortBy", "CreationTime")]
        conditions = {
            "created > ?": request.get("CreatedAfter"),
            "created < ?": request.get("CreatedBefore"),
            "instr(name, ?) = 1": request.get("PipelineNamePrefix"),
        }
        page = page_of(request, conditions, (column, "name"), descending=True)
        found = self._store.pipelines(page)
        return answer(page, "PipelineSummaries", found, descriptions.pipeline_summary)

    def delete(self, request: Members) -> dict[str, Any]:
        """Answer ``DeletePipeline``: its executions go with it, their jobs stay.

        Raises:
            ServiceError: There is no such pipeline, or an execution of it goes on.
        """
        pipeline = find(self._store, request["PipelineName"])
        running = self._store.unfinished(pipeline.name)
        if running:
            raise ServiceError(
                "ConflictException",
                f"Pipeline {pipeline.arn} has an execution that has not ended: {running[0].arn}; "
                "stop it with StopPipelineExecution, or wait",
            )
        self._tags.delete_tags(pipeline.arn, list(self._tags.tags(pipeline.arn)))
        self._store.remove(pipeline.name)
        return {"PipelineArn": pipeline.arn}

    def _definition(self, request: Members) -> str | None:
        """The definition of a request, once it was found to be one that can run."""
        given = [
            member
            for member in ("PipelineDefinition", "PipelineDefinitionS3Location")
            if member in request
        ]
        if len(given) > 1:
            raise invalid(f"Only one of {' and '.join(given)} can be given")
        if not given:
            return None
        text = request.get("PipelineDefinition")
        if text is None:
            text = self._read(request["PipelineDefinitionS3Location"])
        read_definition(text)
        return str(text)

    def _read(self, location: Members) -> str:
        if "VersionId" in location:
            raise invalid("PipelineDefinitionS3Location.VersionId: objects have no versions here")
        bucket, key = location["Bucket"], location["ObjectKey"]
        try:
            return self._objects.read_bytes(bucket, key).decode()
        except (S3Error, UnicodeDecodeError) as error:
            raise invalid(
                f"PipelineDefinitionS3Location: s3://{bucket}/{key} cannot be read: {error}"
            ) from None


def find(store: PipelineStore, name_or_arn: str) -> Pipeline:
    """The pipeline of a name or ARN.

    Raises:
        ServiceError: There is none.
    """
    found = store.pipeline(pipeline_name(name_or_arn))
    if found is None:
        raise not_found(name_or_arn)
    return found


def not_found(name_or_arn: str) -> ServiceError:
    """The error of a pipeline that is not there."""
    return ServiceError(
        "ResourceNotFound", f"Pipeline '{pipeline_name(name_or_arn)}' does not exist."
    )


def refuse_versions(request: Members) -> None:
    """Refuse what asks for a version of a pipeline: only the latest one is kept here."""
    for member in _REFUSED:
        if member in request:
            raise invalid(
                f"{member} is not supported by the local SageMaker, which keeps only the latest "
                "definition of a pipeline; executions keep their own"
            )
