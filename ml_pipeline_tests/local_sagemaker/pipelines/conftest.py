"""Pipelines without a daemon: nothing runs, and jobs end when a test says so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.api.aws_json import JsonService
from local_sagemaker.api.services import sagemaker
from local_sagemaker.feature_store.store import FeatureStore
from local_sagemaker.kinds import KINDS, PROCESSING, TRAINING
from local_sagemaker.pipelines.advancing import Advancer
from local_sagemaker.pipelines.operations import Pipelines
from local_sagemaker.pipelines.records import StepRun
from local_sagemaker.pipelines.step_jobs import StepJobs
from local_sagemaker.pipelines.step_runs import JobSteps
from local_sagemaker.pipelines.store import PipelineStore
from local_sagemaker.records.job import Job
from local_sagemaker.records.store import JobStore
from local_sagemaker.s3.store import ObjectStore
from ml_pipeline_tests.local_sagemaker.api.calls import call, idle_jobs, refused
from ml_pipeline_tests.local_sagemaker.pipelines.definitions import creation, token


@dataclass
class World:
    """A service of which a test is the jobs, and the daemon's thread.

    Args:
        home: Where all of it lies.
        service: SageMaker.
        store: Its pipelines.
        jobs: Its jobs.
        objects: Its objects.
        advancer: Takes executions on.
        woken: The executions that were to be taken on.
        strikes: The errors that the next calls of its own meet.
    """

    home: Path
    service: JsonService
    store: PipelineStore
    jobs: JobStore
    objects: ObjectStore
    advancer: Advancer
    woken: list[str]
    strikes: list[Exception] = field(default_factory=list)

    def call(self, operation: str, **request: Any) -> dict[str, Any]:
        return call(self.service, operation, request)

    def refused(self, operation: str, **request: Any) -> tuple[str, str]:
        return refused(self.service, operation, request)

    def create(self, text: str, name: str = "flow", **members: Any) -> None:
        self.call("CreatePipeline", **creation(name, text, **members))

    def start(self, parameters: Mapping[str, str] | None = None, **members: Any) -> str:
        """Start the pipeline, and take it as far as it gets: the execution's ARN."""
        given = [{"Name": name, "Value": value} for name, value in (parameters or {}).items()]
        request = {"PipelineName": "flow", "ClientRequestToken": token(), **members}
        answer = self.call("StartPipelineExecution", PipelineParameters=given, **request)
        arn = str(answer["PipelineExecutionArn"])
        self.advance(arn)
        return arn

    def advance(self, arn: str) -> float | None:
        return self.advancer.advance(arn.rpartition("/")[2])

    def steps(self, arn: str) -> dict[str, StepRun]:
        return {run.name: run for run in self.store.steps(arn.rpartition("/")[2])}

    def statuses(self, arn: str) -> dict[str, str]:
        return {name: run.status for name, run in self.steps(arn).items()}

    def status(self, arn: str) -> str:
        answer = self.call("DescribePipelineExecution", PipelineExecutionArn=arn)
        return str(answer["PipelineExecutionStatus"])

    def job(self, arn: str, step: str) -> Job:
        """The job of a step."""
        kind, _, name = (self.steps(arn)[step].job or "").partition("/")
        found = self.jobs.get(KINDS[kind], name)
        assert found is not None
        return found

    def end(self, arn: str, step: str, status: str = "Completed", **state: Any) -> None:
        """End the job of a step, and take the execution on."""
        job = self.job(arn, step)
        self.jobs.update(job.kind, job.name, **{job.kind.status: status}, **state)
        self.advance(arn)

    def put_json(self, uri: str, text: str) -> None:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        self.objects.create_bucket(bucket)
        self.objects.put_bytes(bucket, key, text.encode())


@pytest.fixture
def world(tmp_path: Path) -> World:
    objects = ObjectStore(tmp_path / "s3")
    jobs = JobStore(tmp_path / "jobs.db")
    store = PipelineStore(tmp_path / "pipelines.db")
    woken: list[str] = []
    strikes: list[Exception] = []

    def strike(_operation: str) -> None:
        if strikes:
            raise strikes.pop(0)

    operations = idle_jobs(jobs, objects)
    assert set(operations) >= {PROCESSING.name, TRAINING.name}
    step_jobs = StepJobs(jobs, operations, strike)
    advancer = Advancer(store, JobSteps(store, step_jobs), objects)
    pipelines = Pipelines(store, jobs, objects, woken.append)
    features = FeatureStore(tmp_path / "features.db", objects)
    service = sagemaker(jobs, features, objects, operations, pipelines)
    return World(tmp_path, service, store, jobs, objects, advancer, woken, strikes)
