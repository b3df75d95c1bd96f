"""The HTTP side: who may ask, and who answers."""

import http.client
import json
import stat
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.daemons import processing_request


def ask(
    service: LocalService,
    method: str,
    path: str,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def signed(service: LocalService, name: str, target: str, body: bytes) -> tuple[int, bytes]:
    headers = {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"}
    request = AWSRequest("POST", f"{service.url}/", data=body, headers=headers)
    SigV4Auth(Credentials("key", "secret"), name, "us-east-1").add_auth(request)
    return ask(service, "POST", "/", body, dict(request.headers))


def test_health_says_who_it_is(scripted_service: LocalService) -> None:
    status, body = ask(scripted_service, "GET", "/_health")
    assert status == 200
    assert json.loads(body) == {
        "home": str(scripted_service.home.root),
        "pid": scripted_service.endpoint.pid,
        "version": scripted_service.endpoint.version,
    }


def test_a_browser_is_told_what_this_is(scripted_service: LocalService) -> None:
    status, body = ask(scripted_service, "GET", "/")
    assert (status, b"SageMaker on this machine" in body) == (200, True)


@pytest.mark.parametrize(
    "headers", [{"Host": "evil.example:80"}, {"Origin": "https://evil.example"}]
)
@pytest.mark.parametrize("path", ["/_health", "/", "/bucket/key"])
def test_web_pages_get_nothing(
    scripted_service: LocalService, path: str, headers: dict[str, str]
) -> None:
    assert ask(scripted_service, "GET", path, headers=headers)[0] == 403


def test_names_of_this_machine_are_welcome(scripted_service: LocalService) -> None:
    for host in (f"localhost:{scripted_service.port}", f"[::1]:{scripted_service.port}"):
        assert ask(scripted_service, "GET", "/_health", headers={"Host": host})[0] == 200


@pytest.mark.parametrize("body", [b"", b"{", b"\x00\xff", b"[" * 100_000, b'{"a":"\\ud800"}'])
@pytest.mark.parametrize("target", ["SageMaker.CreateProcessingJob", "SageMaker.Fly", "", "é"])
def test_garbage_is_never_our_fault(
    scripted_service: LocalService, target: str, body: bytes
) -> None:
    for service in ("sagemaker", "logs"):
        assert signed(scripted_service, service, target, body)[0] == 400


def test_a_request_that_boto3_would_not_send(scripted_service: LocalService) -> None:
    request = processing_request("job")
    del request["RoleArn"]
    target = "SageMaker.CreateProcessingJob"
    status, body = signed(scripted_service, "sagemaker", target, json.dumps(request).encode())
    assert status == 400
    assert json.loads(body)["__type"] == "ValidationException"
    assert json.loads(body)["message"].startswith("1 validation error detected: Value null at")


def test_the_other_services_are_there_too(scripted_service: LocalService) -> None:
    s3 = scripted_service.client("s3")
    s3.create_bucket(Bucket="dispatch")
    s3.put_object(Bucket="dispatch", Key="key", Body=b"bytes")
    assert s3.get_object(Bucket="dispatch", Key="key")["Body"].read() == b"bytes"
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "dispatch", "Key": "key"})
    assert ask(scripted_service, "GET", url.removeprefix(scripted_service.url)) == (200, b"bytes")
    assert scripted_service.client("sts").get_caller_identity()["Account"] == "000000000000"
    sqs = scripted_service.client("sqs")
    queue = sqs.create_queue(QueueName="queue")["QueueUrl"]
    assert queue.startswith(scripted_service.url)
    sqs.send_message(QueueUrl=queue, MessageBody="grüße")
    assert sqs.receive_message(QueueUrl=queue)["Messages"][0]["Body"] == "grüße"
    metrics = scripted_service.client("cloudwatch")
    metrics.put_metric_data(Namespace="n", MetricData=[{"MetricName": "m", "Value": 1.0}])
    assert len(metrics.list_metrics(Namespace="n")["Metrics"]) == 1


@pytest.mark.parametrize("service", ["sqs", "sts", "no-such-service"])
def test_what_moto_cannot_do_is_not_repeated(scripted_service: LocalService, service: str) -> None:
    status, _ = signed(scripted_service, service, "AmazonSQS.Fly", b"\xff{")
    assert status < 500


def test_all_that_the_daemon_writes_is_private(scripted_service: LocalService) -> None:
    client: Any = scripted_service.client("sagemaker")
    client.create_processing_job(**processing_request("private"))
    for path in scripted_service.home.root.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
