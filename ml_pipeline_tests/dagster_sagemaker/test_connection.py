import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto.server import ThreadedMotoServer

from dagster_sagemaker import SageMakerConnection
from ml_pipeline_tests.conftest import LocalService

EXPLICIT: dict[str, Any] = {
    "region": "eu-west-1",
    "aws_access_key_id": "mine",
    "aws_secret_access_key": "mine",
    "endpoint_url": "http://127.0.0.1:9",
}


@pytest.fixture
def hostile_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_PROFILE": "no-such-profile",
        "AWS_ACCESS_KEY_ID": "real",
        "AWS_SECRET_ACCESS_KEY": "real",
        "AWS_SESSION_TOKEN": "real",
        "AWS_DEFAULT_REGION": "us-west-2",
        "AWS_ENDPOINT_URL": "https://elsewhere.invalid",
        "AWS_ENDPOINT_URL_S3": "https://elsewhere.invalid",
        "AWS_USE_FIPS_ENDPOINT": "true",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "HTTP_PROXY": "http://proxy.invalid:1",
        "HTTPS_PROXY": "http://proxy.invalid:1",
    }.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("hostile_environment")
@pytest.mark.parametrize("service", ["sagemaker", "s3", "logs", "sts"])
def test_explicit_values_win_over_the_environment(service: Any) -> None:
    client = SageMakerConnection(**EXPLICIT).client(service)
    assert client.meta.endpoint_url == "http://127.0.0.1:9"
    assert client.meta.region_name == "eu-west-1"
    credentials = client._request_signer._credentials.get_frozen_credentials()
    assert (credentials.access_key, credentials.token) == ("mine", None)


@pytest.mark.usefixtures("hostile_environment")
def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    played_local: LocalService,
) -> None:
    fresh = SageMakerConnection(**{**EXPLICIT, "endpoint_url": played_local.url})
    assert fresh.client("s3").list_buckets()["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_clients_are_made_once_and_only_when_asked_for() -> None:
    connection = SageMakerConnection(**EXPLICIT)
    assert connection._clients == {}
    assert connection.client("s3") is connection.client("s3")
    assert connection._clients.keys() == {"s3"}


def test_half_a_key_pair_is_refused() -> None:
    with pytest.raises(ValueError, match="aws_secret_access_key"):
        SageMakerConnection(aws_access_key_id="only")


def test_secrets_are_not_shown() -> None:
    connection = SageMakerConnection(
        aws_access_key_id="AKIA", aws_secret_access_key="hunter2", aws_session_token="hunter3"
    )
    assert "hunter" not in repr(connection)


@pytest.fixture
def moto_endpoint() -> Iterator[str]:
    """Whom a request is from, which the local service does not ask, decides what moto answers."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_a_role_is_assumed_with_the_given_credentials(moto_endpoint: str) -> None:
    role = "arn:aws:iam::123456789012:role/other"
    connection = SageMakerConnection(
        **{**EXPLICIT, "endpoint_url": moto_endpoint}, assume_role_arn=role
    )
    arn = connection.client("sts").get_caller_identity()["Arn"]
    assert arn == "arn:aws:sts::123456789012:assumed-role/other/dagster-sagemaker"


def test_importing_the_package_makes_no_client_and_opens_no_socket() -> None:
    script = (
        "import socket, boto3\n"
        "def refuse(*args, **kwargs): raise AssertionError('at import')\n"
        "socket.socket.connect = refuse\n"
        "boto3.Session.client = refuse\n"
        "import dagster_sagemaker\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_forgotten_credentials_are_read_anew_from_where_they_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    connection = SageMakerConnection(region="us-east-1", profile_name="mine")

    def key() -> str:
        return str(connection.client("s3")._request_signer._credentials.access_key)  # type: ignore[attr-defined]

    for name in ("old", "new"):
        file.write_text(
            f"[mine]\naws_access_key_id={name}\naws_secret_access_key=secret\n", encoding="utf-8"
        )
        connection.forget_credentials()
        assert key() == name
    file.unlink()
    assert key() == "new"
