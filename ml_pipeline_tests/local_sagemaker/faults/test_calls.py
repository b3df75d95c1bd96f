"""What a client sees of faults in SageMaker and CloudWatch Logs."""

import http.client
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from local_sagemaker.faults.client import FaultsClient
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.daemons import processing_request


@pytest.fixture
def sagemaker(scripted_service: LocalService) -> Any:
    return scripted_service.client("sagemaker")


def refused(call: Any, **members: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**members)
    error, metadata = caught.value.response["Error"], caught.value.response["ResponseMetadata"]
    return error["Code"], error["Message"], metadata["HTTPStatusCode"]


def test_throttling(sagemaker: Any, faults: FaultsClient, scripted_service: LocalService) -> None:
    faults.add("throttling", operation="List*", times=2)
    throttled = ("ThrottlingException", "Rate exceeded", 400)
    assert refused(sagemaker.list_training_jobs) == throttled
    assert refused(sagemaker.list_processing_jobs) == throttled
    sagemaker.list_training_jobs()
    faults.add("throttling", operation="logs:*")
    assert refused(scripted_service.client("logs").describe_log_groups) == throttled
    sagemaker.list_training_jobs()


def test_errors_of_the_server(sagemaker: Any, faults: FaultsClient) -> None:
    faults.add("error", operation="ListTrainingJobs", times=1)
    code, _, status = refused(sagemaker.list_training_jobs)
    assert (code, status) == ("InternalFailure", 500)
    faults.add("error", operation="ListTrainingJobs", code="ServiceUnavailable")
    code, _, status = refused(sagemaker.list_training_jobs)
    assert (code, status) == ("ServiceUnavailable", 503)
    faults.put("own", "error", operation="ListProcessing*", code="Odd", message="é", status=418)
    assert refused(sagemaker.list_processing_jobs) == ("Odd", "é", 418)


def test_a_call_that_was_refused_was_not_done(sagemaker: Any, faults: FaultsClient) -> None:
    faults.add("error", operation="Create*", times=1)
    assert refused(sagemaker.create_processing_job, **processing_request("undone"))[2] == 500
    missing = refused(sagemaker.describe_processing_job, ProcessingJobName="undone")
    assert missing[0] == "ValidationException"


def test_an_answer_that_was_lost_was_one(sagemaker: Any, faults: FaultsClient) -> None:
    faults.add("error", operation="Create*", after=True, times=1)
    assert refused(sagemaker.create_processing_job, **processing_request("done"))[2] == 500
    sagemaker.describe_processing_job(ProcessingJobName="done")


@pytest.mark.parametrize("after", [True, False])
def test_a_connection_that_is_cut(sagemaker: Any, faults: FaultsClient, after: bool) -> None:
    name = f"cut-{after}".lower()
    faults.add("drop", operation="Create*", after=after, times=1)
    with pytest.raises(ConnectionClosedError):
        sagemaker.create_processing_job(**processing_request(name))
    (fault,) = faults.list()
    assert fault["hits"] == 1
    if after:
        sagemaker.describe_processing_job(ProcessingJobName=name)
    else:
        sagemaker.create_processing_job(**processing_request(name))


def test_an_answer_that_comes_late(
    scripted_service: LocalService, sagemaker: Any, faults: FaultsClient
) -> None:
    faults.add("slow", operation="ListTrainingJobs", seconds=30)
    connection = http.client.HTTPConnection("127.0.0.1", scripted_service.port, timeout=1)
    scope = "Credential=k/20260101/us-east-1/sagemaker/aws4_request"
    headers = {"X-Amz-Target": "SageMaker.ListTrainingJobs", "Authorization": scope}
    connection.request("POST", "/", b"{}", headers)
    with pytest.raises(TimeoutError):
        connection.getresponse()
    connection.close()
    # Nobody else waits for it.
    sagemaker.list_processing_jobs()


def test_no_faults_no_difference(sagemaker: Any, faults: FaultsClient) -> None:
    faults.add("error", operation="Describe*")
    faults.clear()
    sagemaker.create_processing_job(**processing_request("plain"))
    sagemaker.describe_processing_job(ProcessingJobName="plain")
