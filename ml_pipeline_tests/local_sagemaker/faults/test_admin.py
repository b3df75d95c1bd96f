"""The admin API."""

import json
from typing import Any

import pytest

from local_sagemaker.faults.client import FaultsClient
from local_sagemaker.kinds import TRAINING
from local_sagemaker.records.store import JobStore
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.api.test_server import ask
from ml_pipeline_tests.local_sagemaker.daemons import training_request

PATH = "/_admin/faults"
JSON = {"Content-Type": "application/json"}
FAULT = json.dumps({"fault": "drop", "operation": "Nothing"}).encode()


def test_faults_come_and_go(faults: FaultsClient) -> None:
    identity = faults.add("throttling", operation="Nothing", rate=1)
    faults.put("mine", "quota", limit=5)
    faults.put("mine", "quota", limit=6)
    assert faults.list() == [
        {"id": identity, "fault": "throttling", "operation": "Nothing", "rate": 1.0, "hits": 0},
        {"id": "mine", "fault": "quota", "limit": 6, "hits": 0},
    ]
    faults.clear(identity)
    assert [fault["id"] for fault in faults.list()] == ["mine"]
    with pytest.raises(ValueError, match=f"There is no fault '{identity}'"):
        faults.clear(identity)
    faults.clear()
    assert faults.list() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_web_pages_get_nothing(
    scripted_service: LocalService, faults: FaultsClient, method: str, headers: dict[str, str]
) -> None:
    faults.put("kept", "drop", operation="Nothing")
    assert ask(scripted_service, method, PATH, FAULT, {**JSON, **headers})[0] == 403
    assert [fault["id"] for fault in faults.list()] == ["kept"]


def test_the_services_own_page_may(scripted_service: LocalService, faults: FaultsClient) -> None:
    headers = {"Origin": scripted_service.url, "Sec-Fetch-Site": "same-origin"}
    assert ask(scripted_service, "GET", PATH, headers=headers)[0] == 200


def test_a_form_of_a_page_cannot_add_a_fault(
    scripted_service: LocalService, faults: FaultsClient
) -> None:
    headers = {"Content-Type": "text/plain"}
    assert ask(scripted_service, "POST", PATH, FAULT, headers)[0] == 400
    assert faults.list() == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", PATH, b"", 400),
        ("POST", PATH, b"{", 400),
        ("POST", PATH, b"[" * 50_000, 400),
        ("POST", PATH, b"\xff\xfe", 400),
        ("POST", PATH, b" " * 100_000, 400),
        ("POST", PATH, b'{"fault": "fire"}', 400),
        ("PUT", PATH, FAULT, 404),
        ("PUT", f"{PATH}/a%2Fb", FAULT, 400),
        ("PUT", f"{PATH}/{'x' * 65}", FAULT, 400),
        ("POST", f"{PATH}/x", FAULT, 404),
        ("PATCH", PATH, FAULT, 404),
        ("DELETE", f"{PATH}/x", b"", 404),
        ("GET", "/_admin/", b"", 404),
        ("POST", "/_admin/interruptions", b"{}", 400),
        ("POST", "/_admin/interruptions", b'{"job": 1}', 400),
        ("POST", "/_admin/interruptions", b'{"job": "x", "seconds": -1}', 400),
    ],
)
def test_garbage(
    scripted_service: LocalService,
    faults: FaultsClient,
    method: str,
    path: str,
    body: bytes,
    status: int,
) -> None:
    found, text = ask(scripted_service, method, path, body, JSON)
    assert (found, "message" in json.loads(text)) == (status, True)
    assert faults.list() == []


def test_what_cannot_be_interrupted_is_said(
    scripted_service: LocalService, faults: FaultsClient
) -> None:
    scripted_service.client("s3").create_bucket(Bucket="bucket")
    sagemaker = scripted_service.client("sagemaker")
    sagemaker.create_training_job(**training_request("not-spot", "wait"))
    with pytest.raises(ValueError, match="no training job named nobody"):
        faults.interrupt("nobody")
    with pytest.raises(ValueError, match="does not run on spot instances"):
        faults.interrupt("not-spot")
    sagemaker.stop_training_job(TrainingJobName="not-spot")


def test_a_spot_job_is_interrupted(scripted_service: LocalService, faults: FaultsClient) -> None:
    members: dict[str, Any] = {
        "EnableManagedSpotTraining": True,
        "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60},
    }
    sagemaker = scripted_service.client("sagemaker")
    sagemaker.create_training_job(**training_request("spot", "wait", **members))
    faults.interrupt("spot", seconds=1.5)
    # The scripted supervisor does nothing about it, so the note is still there.
    found = JobStore(scripted_service.home.job_database).get(TRAINING, "spot")
    assert found is not None
    assert found.state["Interrupt"] == 1.5
    sagemaker.stop_training_job(TrainingJobName="spot")
