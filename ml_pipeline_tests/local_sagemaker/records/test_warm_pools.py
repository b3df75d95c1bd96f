"""Warm pools, as the job store keeps account of them."""

import time
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.kinds import TRAINING
from local_sagemaker.records.job_query import JobQuery
from local_sagemaker.records.store import JobStore
from ml_pipeline_tests.local_sagemaker.daemons import training_request


@pytest.fixture
def store(tmp_path: Path) -> JobStore:
    return JobStore(tmp_path / "jobs.db")


def start(store: JobStore, name: str, keep: int | None = 600, **members: Any) -> None:
    request = training_request(name, **members)
    if keep is not None:
        request["ResourceConfig"]["KeepAlivePeriodInSeconds"] = keep
    state = {"TrainingJobStatus": "InProgress", "TrainingStartTime": time.time()}
    store.add(TRAINING, name, f"arn:{name}", request, state)


def end(store: JobStore, name: str, status: str = "Completed", **members: Any) -> None:
    members = {"TrainingEndTime": time.time(), **members}
    store.update(TRAINING, name, TrainingJobStatus=status, **members)


def status(store: JobStore, name: str) -> str | None:
    pool = store.pools([name]).get(name)
    return pool.status if pool else None


def test_a_pool_passes_from_job_to_job(store: JobStore) -> None:
    start(store, "first")
    assert store.pools(["first"])["first"].described() == {"Status": "InUse"}
    end(store, "first", TrainingEndTime=time.time() - 100)
    pool = store.pools(["first"])["first"]
    assert pool.status == "Available"
    assert pool.retained in {100, 101}
    start(store, "second", keep=None)
    assert status(store, "second") == "InUse"
    first = store.pools(["first"])["first"].described()
    assert first.pop("ResourceRetainedBillableTimeInSeconds") in {100, 101}
    assert first == {"Status": "Reused", "ReusedByJob": "second"}
    end(store, "second")
    assert status(store, "second") == "Terminated"
    start(store, "third", keep=None)
    assert status(store, "third") is None


def test_a_pool_goes_to_one_job(store: JobStore) -> None:
    start(store, "first")
    end(store, "first")
    start(store, "second")
    start(store, "third", keep=0)
    assert [status(store, name) for name in ("first", "second", "third")] == [
        "Reused",
        "InUse",
        None,
    ]


def test_a_pool_is_over_in_time(store: JobStore) -> None:
    start(store, "job", keep=60)
    end(store, "job", TrainingEndTime=time.time() - 61)
    assert store.pools(["job"])["job"].described() == {
        "Status": "Terminated",
        "ResourceRetainedBillableTimeInSeconds": 60,
    }
    start(store, "late", keep=None)
    assert status(store, "late") is None


@pytest.mark.parametrize(
    "other",
    [
        {"RoleArn": "arn:aws:iam::000000000000:role/other"},
        {"ResourceConfig": {"InstanceCount": 2, "InstanceType": "ml.m5.large"}},
        {"VpcConfig": {"SecurityGroupIds": ["sg-1"], "Subnets": ["subnet-1"]}},
        {"EnableNetworkIsolation": True},
        {"EnableInterContainerTrafficEncryption": True},
        {"SessionChainingConfig": {"EnableSessionTagChaining": True}},
        {"EnableManagedSpotTraining": True},
    ],
)
def test_a_pool_does_not_go_to_a_job_that_differs(store: JobStore, other: dict[str, Any]) -> None:
    start(store, "first")
    end(store, "first")
    start(store, "other", keep=None, **other)
    assert (status(store, "first"), status(store, "other")) == ("Available", None)


def test_a_pool_goes_to_a_job_for_which_its_type_was_selected(store: JobStore) -> None:
    start(store, "first")
    end(store, "first")
    preferences = [{"InstanceType": one} for one in ("ml.c5.large", "ml.m5.large")]
    resources = {"InstanceCount": 1, "VolumeSizeInGB": 1, "InstancePreferences": preferences}
    other = {**resources, "SelectedInstanceType": "ml.c5.large"}
    start(store, "other", keep=None, ResourceConfig=other)
    assert status(store, "first") == "Available"
    same = {**resources, "SelectedInstanceType": "ml.m5.large"}
    start(store, "second", keep=None, ResourceConfig=same)
    assert status(store, "first") == "Reused"


def test_what_is_written_differently_is_the_same(store: JobStore) -> None:
    vpc = {"SecurityGroupIds": ["sg-1", "sg-2"], "Subnets": ["subnet-1"]}
    start(store, "first", VpcConfig=vpc, EnableNetworkIsolation=False)
    end(store, "first")
    turned = {**vpc, "SecurityGroupIds": ["sg-2", "sg-1"]}
    start(store, "second", VpcConfig=turned, HyperParameters={"a": "b"})
    assert status(store, "first") == "Reused"


@pytest.mark.parametrize(
    ("last", "reason", "expected"),
    [
        ("Stopped", None, "Available"),
        ("Failed", "AlgorithmError: , exit code: 1", "Available"),
        ("Failed", "ClientError: no", "Available"),
        ("Failed", "InternalServerError: oh", "Terminated"),
    ],
)
def test_sound_instances_are_kept(
    store: JobStore, last: str, reason: str | None, expected: str
) -> None:
    start(store, "job")
    end(store, "job", last, **({"FailureReason": reason} if reason else {}))
    assert status(store, "job") == expected


def test_a_job_that_never_had_instances_keeps_none(store: JobStore) -> None:
    request = training_request("job")
    request["ResourceConfig"]["KeepAlivePeriodInSeconds"] = 600
    store.add(TRAINING, "job", "arn:job", request, {"TrainingJobStatus": "InProgress"})
    store.update(TRAINING, "job", TrainingJobStatus="Stopped")
    assert status(store, "job") == "Terminated"


def test_jobs_are_found_by_the_status_of_their_pool(store: JobStore) -> None:
    for name in ("a", "b"):
        start(store, name)
    start(store, "c", keep=None)
    end(store, "a")

    def find(pool: str) -> list[str]:
        return [job.name for job in store.find(JobQuery(kind=TRAINING, warm_pool=pool))]

    assert find("Available") == ["a"]
    assert find("InUse") == ["b"]
    assert find("Terminated") == []
