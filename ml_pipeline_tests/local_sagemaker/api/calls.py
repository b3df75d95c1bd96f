"""Calls of a service of the JSON protocol, without HTTP."""

import json
from collections.abc import Mapping
from contextlib import nullcontext
from typing import Any

from local_sagemaker.api.aws_json import JsonService
from local_sagemaker.api.job_operations import JobOperations
from local_sagemaker.api.services import job_operations, sagemaker
from local_sagemaker.feature_store.store import FeatureStore
from local_sagemaker.pipelines.operations import Pipelines
from local_sagemaker.records.store import JobStore
from local_sagemaker.s3.store import ObjectStore


def idle_sagemaker(
    store: JobStore, objects: ObjectStore, features: FeatureStore | None = None
) -> JsonService:
    """SageMaker that starts nothing: jobs are where the test puts them."""
    nothing: Any = None
    return sagemaker(
        store,
        features or FeatureStore(objects.root / "features.db", objects),
        objects,
        idle_jobs(store, objects),
        Pipelines(nothing, store, objects, lambda identity: None),
    )


def idle_jobs(store: JobStore, objects: ObjectStore) -> dict[str, JobOperations]:
    """The operations of jobs that are never started."""
    return job_operations(
        store,
        objects,
        lambda job: None,
        lambda kind, name: None,
        lambda kind, name, request: nullcontext(request),
    )


def answer(service: JsonService, operation: str, request: Mapping[str, Any]) -> tuple[int, Any]:
    """The status and the decoded body."""
    found = service.answer(f"SageMaker.{operation}", json.dumps(request).encode())
    return found.status, json.loads(found.body or b"{}")


def call(service: JsonService, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """The response; an error is not expected."""
    status, body = answer(service, operation, request)
    assert status == 200, body
    return dict(body)


def refused(service: JsonService, operation: str, request: Mapping[str, Any]) -> tuple[str, str]:
    """The code and message of the error that is expected."""
    status, body = answer(service, operation, request)
    assert status == 400, body
    return body["__type"], body["message"]
