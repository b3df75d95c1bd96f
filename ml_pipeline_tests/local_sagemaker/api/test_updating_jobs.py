"""UpdateTrainingJob, and what Describe and List say of warm pools."""

import time
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.api.aws_json import JsonService
from local_sagemaker.kinds import TRAINING
from local_sagemaker.records.store import JobStore
from local_sagemaker.s3.store import ObjectStore
from ml_pipeline_tests.local_sagemaker.api.calls import call, idle_sagemaker, refused
from ml_pipeline_tests.local_sagemaker.daemons import training_request

RULE = {"RuleConfigurationName": "rule", "RuleEvaluatorImage": "image"}


class Api:
    """The service without HTTP, over a store that tests change as a supervisor would."""

    def __init__(self, root: Path) -> None:
        self.store = JobStore(root / "jobs.db")
        self.service: JsonService = idle_sagemaker(self.store, ObjectStore(root / "s3"))

    def create(self, name: str, keep: int | None = None, **members: Any) -> None:
        request = training_request(name, **members)
        if keep is not None:
            request["ResourceConfig"]["KeepAlivePeriodInSeconds"] = keep
        call(self.service, "CreateTrainingJob", request)

    def enter(self, name: str, secondary: str, status: str = "InProgress", **members: Any) -> None:
        self.store.update(
            TRAINING, name, TrainingJobStatus=status, SecondaryStatus=secondary, **members
        )

    def complete(self, name: str) -> None:
        now = time.time()
        times = {"TrainingStartTime": now, "TrainingEndTime": now}
        self.enter(name, "Completed", "Completed", **times)

    def describe(self, name: str) -> dict[str, Any]:
        return call(self.service, "DescribeTrainingJob", {"TrainingJobName": name})

    def update(self, name: str, **members: Any) -> dict[str, Any]:
        return call(self.service, "UpdateTrainingJob", {"TrainingJobName": name, **members})

    def refused(self, name: str, **members: Any) -> str:
        code, message = refused(
            self.service, "UpdateTrainingJob", {"TrainingJobName": name, **members}
        )
        assert code == "ValidationException"
        return message


@pytest.fixture
def api(tmp_path: Path) -> Api:
    return Api(tmp_path)


def test_the_profiler_of_a_job_that_runs(api: Api) -> None:
    api.create("job", ProfilerConfig={"S3OutputPath": "s3://b/"}, ProfilerRuleConfigurations=[RULE])
    profiler = {"DisableProfiler": True}
    assert "is in status InProgress, Starting" in api.refused("job", ProfilerConfig=profiler)
    api.enter("job", "Training")
    before = api.describe("job")["LastModifiedTime"]
    other = {**RULE, "RuleConfigurationName": "other"}
    answer = api.update("job", ProfilerConfig=profiler, ProfilerRuleConfigurations=[other])
    job = api.describe("job")
    assert answer == {"TrainingJobArn": job["TrainingJobArn"]}
    assert job["ProfilerConfig"] == {"S3OutputPath": "s3://b/", "DisableProfiler": True}
    assert job["ProfilerRuleConfigurations"] == [RULE, other]
    assert len(job["ProfilerRuleEvaluationStatuses"]) == 2
    assert job["ProfilingStatus"] == "Disabled"
    assert job["LastModifiedTime"] >= before
    api.complete("job")
    assert "is in status Completed" in api.refused("job", ProfilerRuleConfigurations=[RULE])


def test_remote_debugging_of_a_job_that_runs(api: Api) -> None:
    api.create("job")
    debugging = {"EnableRemoteDebug": True}
    assert "Downloading or Training" in api.refused("job", RemoteDebugConfig=debugging)
    api.enter("job", "Downloading")
    api.update("job", RemoteDebugConfig=debugging)
    assert api.describe("job")["RemoteDebugConfig"] == debugging
    api.enter("job", "Uploading")
    assert "Downloading or Training" in api.refused("job", RemoteDebugConfig=debugging)


def test_a_refused_update_changes_nothing(api: Api) -> None:
    api.create("job", keep=600)
    api.enter("job", "Training")
    resources = {"KeepAlivePeriodInSeconds": 0}
    assert "pool status of job is InUse" in api.refused(
        "job", RemoteDebugConfig={"EnableRemoteDebug": True}, ResourceConfig=resources
    )
    job = api.describe("job")
    assert "RemoteDebugConfig" not in job
    assert job["ResourceConfig"]["KeepAlivePeriodInSeconds"] == 600


def test_a_warm_pool_is_kept_longer_and_then_given_up(api: Api) -> None:
    api.create("job", keep=60)
    assert api.describe("job")["WarmPoolStatus"] == {"Status": "InUse"}
    api.complete("job")
    api.update("job", ResourceConfig={"KeepAlivePeriodInSeconds": 3600})
    job = api.describe("job")
    assert job["WarmPoolStatus"]["Status"] == "Available"
    assert job["ResourceConfig"] == {
        "InstanceCount": 1,
        "InstanceType": "ml.m5.large",
        "VolumeSizeInGB": 1,
        "KeepAlivePeriodInSeconds": 3600,
    }
    name = {"TrainingJobName": "job"}
    code, text = refused(api.service, "DeleteTrainingJob", name)
    assert (code, "retains a warm pool" in text) == ("ResourceInUse", True)
    api.update("job", ResourceConfig={"KeepAlivePeriodInSeconds": 0})
    assert api.describe("job")["WarmPoolStatus"]["Status"] == "Terminated"
    assert "is Terminated" in api.refused("job", ResourceConfig={"KeepAlivePeriodInSeconds": 60})
    call(api.service, "DeleteTrainingJob", name)
    assert api.store.pools(["job"]) == {}


def test_lists_tell_of_warm_pools_and_plans(api: Api) -> None:
    plan = f"arn:aws:sagemaker:us-east-1:000000000000:training-plan/{'p' * 20}"
    api.create("kept", keep=60)
    api.create("planned")
    request = training_request("with-plan")
    request["ResourceConfig"]["TrainingPlanArn"] = plan
    call(api.service, "CreateTrainingJob", request)

    def listed(**members: Any) -> dict[str, dict[str, Any]]:
        jobs = call(api.service, "ListTrainingJobs", members)["TrainingJobSummaries"]
        return {job["TrainingJobName"]: job for job in jobs}

    assert listed()["kept"]["WarmPoolStatus"] == {"Status": "InUse"}
    assert "WarmPoolStatus" not in listed()["planned"]
    assert list(listed(WarmPoolStatusEquals="InUse")) == ["kept"]
    assert listed(WarmPoolStatusEquals="Available") == {}
    assert listed(TrainingPlanArnEquals=plan)["with-plan"]["TrainingPlanArn"] == plan
    assert len(listed(TrainingPlanArnEquals=plan)) == 1


def test_an_update_of_nothing_known(api: Api) -> None:
    assert api.refused("none") == "Requested resource not found."


def test_a_page_is_taken_before_its_status_is_looked_at(api: Api) -> None:
    for name in ("a", "b", "c"):
        api.create(name)
    api.complete("c")

    def listed(**members: Any) -> tuple[list[str], str | None]:
        page = call(api.service, "ListTrainingJobs", {"StatusEquals": "Completed", **members})
        names = [job["TrainingJobName"] for job in page["TrainingJobSummaries"]]
        return names, page.get("NextToken")

    assert listed() == (["c"], None)
    names, token = listed(MaxResults=2)
    assert names == []
    assert listed(MaxResults=2, NextToken=token) == (["c"], None)
    other = {"NextToken": token}
    assert refused(api.service, "ListProcessingJobs", other)[0] == "ValidationException"
    for size in (0, 101):
        code, text = refused(api.service, "ListTrainingJobs", {"MaxResults": size})
        assert (code, "'maxResults'" in text) == ("ValidationException", True)


def test_tags_that_cannot_be(api: Api) -> None:
    tags = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    request = training_request("job", Tags=tags)
    assert "Duplicate" in refused(api.service, "CreateTrainingJob", request)[1]
    request = training_request("job", Tags=[{"Key": "AWS:x", "Value": "1"}])
    assert "reserved" in refused(api.service, "CreateTrainingJob", request)[1]
    api.create("job")
    arn = api.describe("job")["TrainingJobArn"]
    assert "Duplicate" in refused(api.service, "AddTags", {"ResourceArn": arn, "Tags": tags})[1]
    token = {"ResourceArn": arn, "NextToken": "x", "MaxResults": 50}
    assert refused(api.service, "ListTags", token)[0] == "ValidationException"
