import json
import signal
from urllib.parse import quote

import pytest

from local_sagemaker.kinds import PROCESSING, TRAINING, JobKind
from local_sagemaker.log_files import LogFiles
from local_sagemaker.records.store import JobStore
from local_sagemaker.web.secrets import MASK, SecretMask, looks_secret
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.daemons import processing_request, training_request
from ml_pipeline_tests.local_sagemaker.web.test_pages import get, service

__all__ = ["service"]

PASSWORD, TOKEN = "hunter2 + sons", 'tok-"12345"'


@pytest.mark.parametrize(
    "name",
    ["DB_PASSWORD", "apiKey", "hf-token", "AWS_SECRET_ACCESS_KEY", "pat", "privateKey", "PWD2"],
)
def test_names_of_secrets(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize("name", ["tokenizer", "key", "n_tokens_path", "patience", "SCRIPT", ""])
def test_names_of_no_secrets(name: str) -> None:
    assert not looks_secret(name)


def test_a_short_secret_is_hidden_where_it_is_named_and_nowhere_else() -> None:
    mask = SecretMask({"Environment": {"TOKEN": "1", "ROWS": "1"}})
    assert mask.request() == {"Environment": {"TOKEN": MASK, "ROWS": "1"}}
    assert mask.text("1 row") == "1 row"


def fail(service: LocalService, kind: JobKind, reason: str, **members: str) -> None:
    """End the job ``secretive``, whose script waits."""
    store = JobStore(service.home.job_database)
    status = {kind.status: "Failed", "FailureReason": reason}
    job = store.update(kind, "secretive", **status, **members)
    assert job.supervisor is not None
    job.supervisor.signal(signal.SIGTERM)


def test_secrets_of_a_processing_job_are_on_no_page(service: LocalService) -> None:
    request = processing_request("secretive", "wait", Tags=[{"Key": "from", "Value": PASSWORD}])
    request["Environment"]["DB_PASSWORD"] = PASSWORD
    request["AppSpecification"]["ContainerArguments"] = ["--password", PASSWORD]
    service.client("sagemaker").create_processing_job(**request)
    fail(service, PROCESSING, f"cannot log in with {PASSWORD}", ExitMessage=f"not {PASSWORD}")
    writer = LogFiles(service.home.logs).writer(PROCESSING.log_group, "secretive/algo-1-1")
    writer.write(f"logging in with {PASSWORD}")
    writer.close()
    stream = quote("secretive/algo-1-1", safe="")
    for path in (
        "/?name=secretive",
        "/_jobs/processing/secretive",
        f"/_jobs/processing/secretive/log?stream={stream}",
    ):
        _, page = get(service, path)
        assert MASK in page
        assert "hunter2" not in page


def test_secrets_of_a_training_job_are_on_no_page(service: LocalService) -> None:
    request = training_request("secretive", "wait")
    request["HyperParameters"] = {"token": json.dumps(TOKEN), "rows": "20"}
    service.client("sagemaker").create_training_job(**request)
    fail(service, TRAINING, f"with {TOKEN}")
    for path in ("/?name=secretive", "/_jobs/training/secretive"):
        _, page = get(service, path)
        assert MASK in page
        assert "12345" not in page
    assert "20" in page
