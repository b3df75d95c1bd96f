"""Jobs that will do with one of several instance types."""

from typing import Any
from urllib.request import urlopen

import pytest
from botocore.exceptions import ClientError

from local_sagemaker.faults.client import FaultsClient
from local_sagemaker.kinds import KINDS, PROCESSING, JobKind
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.daemons import processing_request, training_request

TYPES = ("ml.c5.xlarge", "ml.m5.xlarge", "ml.m5.2xlarge")
PREFERENCES = [{"InstanceType": one} for one in TYPES]


@pytest.fixture(params=KINDS.values(), ids=str)
def kind(request: pytest.FixtureRequest) -> JobKind:
    found: JobKind = request.param
    return found


class Client:
    """Creates jobs that have preferences, and describes their instances."""

    def __init__(self, service: LocalService, kind: JobKind) -> None:
        self.sagemaker = service.client("sagemaker")
        self.kind = kind

    def create(self, name: str, script: str = "complete", **resources: Any) -> dict[str, Any]:
        given = {"InstancePreferences": PREFERENCES, "VolumeSizeInGB": 1, **resources}
        if self.kind is PROCESSING:
            place = {"ProcessingResources": {"ClusterConfig": given}}
            request = processing_request(name, script, **place)
        else:
            request = training_request(name, script, ResourceConfig=given)
        getattr(self.sagemaker, f"create_{self.kind}_job")(**request)
        return self.describe(name)

    def describe(self, name: str) -> dict[str, Any]:
        describe = getattr(self.sagemaker, f"describe_{self.kind}_job")
        found: dict[str, Any] = describe(**{self.kind.member("Name"): name})
        return found


@pytest.fixture
def client(scripted_service: LocalService, kind: JobKind) -> Client:
    scripted_service.client("s3").create_bucket(Bucket="bucket")
    return Client(scripted_service, kind)


def test_the_first_type_with_capacity_is_selected(client: Client, faults: FaultsClient) -> None:
    faults.add("capacity", instance_type="ml.c5.*")
    faults.add("capacity", instance_type="ml.m5.xlarge", times=1)
    resources = client.kind.resources(client.create("several-third", InstanceCount=2))
    assert resources == {
        "InstanceCount": 2,
        "InstancePreferences": PREFERENCES,
        "VolumeSizeInGB": 1,
        "SelectedInstanceType": "ml.m5.2xlarge",
        "SelectedInstanceCount": 2,
    }
    second = client.kind.resources(client.create("several-second", InstanceCount=2))
    assert second["SelectedInstanceType"] == "ml.m5.xlarge"
    assert [fault["hits"] for fault in faults.list()] == [2, 1]


def test_each_type_has_its_own_count(client: Client, faults: FaultsClient) -> None:
    faults.add("capacity", instance_type="ml.c5.*")
    preferences = [
        {"InstanceType": one, "InstanceCount": number} for number, one in enumerate(TYPES, 4)
    ]
    resources = client.kind.resources(
        client.create("several-counts", InstancePreferences=preferences)
    )
    assert resources == {
        "InstancePreferences": preferences,
        "VolumeSizeInGB": 1,
        "SelectedInstanceType": "ml.m5.xlarge",
        "SelectedInstanceCount": 5,
    }


def test_without_capacity_for_any_type_the_job_fails(client: Client, faults: FaultsClient) -> None:
    faults.add("capacity")
    job = client.create("several-none", "wait", InstanceCount=1)
    assert job[client.kind.status] == "Failed"
    assert job["FailureReason"].startswith("CapacityError: Unable to provision")
    assert "SelectedInstanceType" not in client.kind.resources(job)
    assert faults.list()[0]["hits"] == len(TYPES)


def test_a_name_that_is_taken_asks_for_no_capacity(client: Client, faults: FaultsClient) -> None:
    client.create("several-taken", InstanceCount=1)
    faults.add("capacity")
    with pytest.raises(ClientError, match="ResourceInUse"):
        client.create("several-taken", InstanceCount=1)
    assert faults.list()[0]["hits"] == 0


def test_every_type_needs_its_quota_and_the_selected_one_uses_it(
    client: Client, faults: FaultsClient
) -> None:
    job, types = client.kind.name, ("ml.c4.xlarge", "ml.c4.2xlarge")
    wanted: dict[str, Any] = {
        "InstancePreferences": [{"InstanceType": one} for one in types],
        "InstanceCount": 2,
    }
    faults.put("second", "quota", instance_type=types[1], job=job, limit=1)
    with pytest.raises(ClientError, match=f"limit '{types[1]} for {job} job usage' is 1"):
        client.create("several-quota", **wanted)
    faults.put("second", "quota", instance_type=types[1], job=job, limit=2)
    client.create("several-quota", "wait", **wanted)
    faults.put("first", "quota", instance_type=types[0], job=job, limit=3)
    with pytest.raises(ClientError, match="utilization of 2 Instances and a request delta of 2"):
        client.create("several-more", **wanted)
    stop = getattr(client.sagemaker, f"stop_{client.kind}_job")
    stop(**{client.kind.member("Name"): "several-quota"})


def test_what_is_wrong_with_preferences_is_refused_by_its_name(client: Client) -> None:
    with pytest.raises(ClientError, match=r"ValidationException.*exclusive with InstanceType"):
        client.create("several-wrong", InstanceCount=1, InstanceType="ml.m5.large")
    with pytest.raises(ClientError, match=r"ValidationException.*less than or equal to 5"):
        client.create("several-wrong", InstanceCount=1, InstancePreferences=PREFERENCES * 2)
    with pytest.raises(ClientError, match=r"SelectedInstanceType is not supported.*read-only"):
        client.create("several-wrong", InstanceCount=1, SelectedInstanceType="ml.m5.large")


def test_the_page_shows_the_selected_type(
    scripted_service: LocalService, client: Client, faults: FaultsClient
) -> None:
    faults.add("capacity", instance_type="ml.c5.*")
    client.create("several-shown", InstanceCount=3)
    with urlopen(f"{scripted_service.url}/?name=several-shown&kind={client.kind}") as answer:
        assert "3 × ml.m5.xlarge" in answer.read().decode()  # noqa: RUF001
