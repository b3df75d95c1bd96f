"""Which operations of our own services are supported."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from local_sagemaker.api.aws_json import JsonService, Operation
from local_sagemaker.api.job_operations import Admit, JobOperations
from local_sagemaker.api.log_filtering import filter_log_events
from local_sagemaker.api.logs_api import LogOperations
from local_sagemaker.api.metrics_api import INVALID, NAMESPACES, MetricOperations
from local_sagemaker.api.rest_json import RestJsonService
from local_sagemaker.api.tag_operations import TagOperations
from local_sagemaker.feature_store.group_operations import GroupOperations
from local_sagemaker.feature_store.record_operations import RecordOperations
from local_sagemaker.feature_store.store import FeatureStore
from local_sagemaker.kinds import KINDS, JobKind
from local_sagemaker.log_files import LogFiles
from local_sagemaker.pipelines.operations import Pipelines
from local_sagemaker.records.store import Job, JobStore
from local_sagemaker.s3.store import ObjectStore


@dataclass(frozen=True)
class OwnServices:
    """The services of AWS that are our own, but for S3, by the name they are signed for.

    Args:
        json: Those of the JSON protocol.
        rest: Those of the REST-JSON protocol.
    """

    json: Mapping[str, JsonService]
    rest: Mapping[str, RestJsonService]


def job_operations(
    store: JobStore,
    objects: ObjectStore,
    launch: Callable[[Job], None],
    clear: Callable[[JobKind, str], None],
    admit: Admit,
) -> dict[str, JobOperations]:
    """The operations of each kind of job, by its name.

    Args:
        store: Where jobs are recorded.
        objects: Where their inputs lie.
        launch: Starts the supervisor of a job that was just recorded.
        clear: Removes what is on disk of a job whose record was just removed.
        admit: Refuses jobs for which there are no instances.
    """
    return {
        kind.name: JobOperations(kind, store, objects, launch, clear, admit)
        for kind in KINDS.values()
    }


def sagemaker(
    store: JobStore,
    features: FeatureStore,
    objects: ObjectStore,
    all_jobs: Mapping[str, JobOperations],
    pipelines: Pipelines,
) -> JsonService:
    """SageMaker, as far as it is here.

    Args:
        store: Where jobs are recorded, and tags.
        features: Where feature groups are.
        objects: Where their offline stores are.
        all_jobs: The operations of each kind of job, by its name.
        pipelines: SageMaker Pipelines.
    """
    tags = TagOperations(store, pipelines.has, features)
    groups = GroupOperations(features, objects)
    operations: dict[str, Operation] = {
        "AddTags": tags.add_tags,
        "ListTags": tags.list_tags,
        "DeleteTags": tags.delete_tags,
        "CreateFeatureGroup": groups.create,
        "DescribeFeatureGroup": groups.describe,
        "ListFeatureGroups": groups.list_groups,
        "UpdateFeatureGroup": groups.update,
        "DeleteFeatureGroup": groups.delete,
        **pipelines.operations,
    }
    for kind in KINDS.values():
        jobs = all_jobs[kind.name]
        operations |= {
            kind.operation("Create"): jobs.create,
            kind.operation("Describe"): jobs.describe,
            kind.operation("Stop"): jobs.stop,
            kind.operation("List"): jobs.list_jobs,
        }
        if kind.deletable:
            operations[kind.operation("Delete")] = jobs.delete
        if (update := kind.rules().update) is not None:
            operations[kind.operation("Update")] = partial(jobs.update, update)
    return JsonService("sagemaker", "SageMaker", operations, "ValidationException")


def feature_store_runtime(features: FeatureStore) -> RestJsonService:
    """SageMaker's Feature Store Runtime, as far as it is here.

    Args:
        features: Where feature groups are.
    """
    records = RecordOperations(features)
    operations: dict[str, Operation] = {
        "PutRecord": records.put,
        "GetRecord": records.get,
        "DeleteRecord": records.delete,
        "BatchGetRecord": records.batch_get,
        "BatchWriteRecord": records.batch_write,
        "ListRecords": records.list_records,
    }
    service = "sagemaker-featurestore-runtime"
    return RestJsonService(service, "Feature Store", operations, "ValidationError")


def logs(files: LogFiles) -> JsonService:
    """CloudWatch Logs, as far as it is here.

    Args:
        files: Where the logs are kept.
    """
    reading = LogOperations(files)
    operations: dict[str, Operation] = {
        "DescribeLogGroups": reading.describe_log_groups,
        "DescribeLogStreams": reading.describe_log_streams,
        "GetLogEvents": reading.get_log_events,
        "FilterLogEvents": lambda request: filter_log_events(files, request),
    }
    return JsonService("logs", "CloudWatch Logs", operations, "InvalidParameterException")


def cloudwatch(store: JobStore) -> JsonService:
    """CloudWatch, as far as it is here: what it tells of jobs' instances.

    Args:
        store: Where jobs are recorded.
    """
    reading = MetricOperations(store)
    operations: dict[str, Operation] = {
        "GetMetricData": reading.get_metric_data,
        "GetMetricStatistics": reading.get_metric_statistics,
        "ListMetrics": reading.list_metrics,
    }
    about = [name.encode() for name in NAMESPACES]
    return JsonService("cloudwatch", "CloudWatch", operations, INVALID, about)
