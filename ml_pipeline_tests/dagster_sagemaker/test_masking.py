"""What people read of a job holds none of its secrets."""

import json
import logging
from collections.abc import Callable
from typing import Any

import dagster as dg
import pytest
from botocore.exceptions import ParamValidationError
from dagster._serdes import serialize_value

from dagster_sagemaker import JobRequest, PipesSageMakerProcessingClient
from dagster_sagemaker.masking import MASK, Mask, looks_secret, secrets_masked
from ml_pipeline_tests.dagster_sagemaker.played_service import Ending, Job, PlayedService
from ml_pipeline_tests.dagster_sagemaker.test_lifecycle import run_asset

CANARIES = (
    "canary-env",
    "canary-two",
    "canary-arg",
    "canary-url",
    "canary-marked",
    "canary-20130102",
)


@pytest.mark.parametrize(
    "name",
    [
        "PASSWORD",
        "DB_PASSWORD",
        "dbPassword",
        "api-key",
        "API_KEYS",
        "apiKey",
        "apikey",
        "AWS_SECRET_ACCESS_KEY",
        "hf_token",
        "HF_TOKEN_2",
        "privateKey",
        "credentials",
    ],
)
def test_names_of_secrets(name: str) -> None:
    assert looks_secret(name)


@pytest.mark.parametrize(
    "name",
    ["max_tokens", "tokenizer", "key", "primary_key", "passes", "monkey", "compat", "SCRIPT"],
)
def test_names_of_other_things(name: str) -> None:
    assert not looks_secret(name)
    assert looks_secret(name, marked=(name,))


def test_a_secret_is_found_as_it_may_be_written() -> None:
    mask = Mask()
    secret = 'pass"word\\1'
    mask.learn({"HyperParameters": {"password": json.dumps(secret)}})
    for written in (secret, json.dumps(secret), repr(secret), json.dumps({"password": secret})):
        assert "word" not in mask(written).replace("password", "")
        assert MASK in mask(written)


def test_each_line_of_a_long_secret_is_one() -> None:
    mask = Mask()
    mask.learn({"Environment": {"PRIVATE_KEY": "-----BEGIN\nabcdefgh\nijklmnop\n"}})
    assert mask("x abcdefgh y") == f"x {MASK} y"


@pytest.mark.parametrize("value", ["1", "true", "None", "512", ""])
def test_values_that_say_nothing_leave_the_log_readable(value: str) -> None:
    mask = Mask()
    mask.learn({"HyperParameters": {"use_token": value}})
    assert mask("epoch 1 of 512: true, None") == "epoch 1 of 512: true, None"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--db-password=hunter22"],
        ["--db-password", "hunter22"],
        ["-c", "run --db-password hunter22 --verbose"],
        ["-c", "run --db-password='hunter22'"],
        ["-c", "DB_PASSWORD=hunter22 run"],
        ["postgres://user:hunter22@host/db"],
    ],
)
@pytest.mark.parametrize(
    ("container", "member"),
    [
        ("AppSpecification", "ContainerArguments"),
        ("AppSpecification", "ContainerEntrypoint"),
        ("AlgorithmSpecification", "ContainerArguments"),
    ],
)
def test_secrets_in_arguments(arguments: list[str], container: str, member: str) -> None:
    mask = Mask()
    mask.learn({container: {member: arguments}})
    assert mask("got hunter22") == f"got {MASK}"


def test_errors_that_led_to_an_error_are_masked_too() -> None:
    mask = Mask()
    mask.learn({"Environment": {"TOKEN": "canary-env"}})

    def fail() -> None:
        try:
            raise ParamValidationError(report="Invalid value canary-env")
        except ParamValidationError as error:
            raise dg.Failure("no canary-env", metadata={"why": "canary-env"}) from error

    with pytest.raises(dg.Failure) as caught, secrets_masked(logging.getLogger("x"), mask):
        fail()
    texts = [
        str(caught.value),
        str(caught.value.description),
        str(caught.value.__cause__),
        str(caught.value.metadata),
    ]
    assert "canary" not in str(texts)
    assert all(MASK in text for text in texts)


def full_request(request: dict[str, Any]) -> JobRequest:
    """A request with a canary wherever a secret may stand."""
    request["Environment"] = {
        "DB_PASSWORD": "canary-env",
        "UNSUSPICIOUS": "canary-marked",
        "API_KEY": "canary-{{ ds_nodash }}",
    }
    request["AppSpecification"]["ContainerArguments"] = [
        "--token=canary-arg",
        "--password",
        "canary-two",
        "--db=postgres://me:canary-url@host/db",
    ]
    return JobRequest(request, optional_outputs=("train", "report"), secrets=("UNSUSPICIOUS",))


def everything(result: dg.ExecuteInProcessResult, instance: dg.DagsterInstance) -> str:
    """All that Dagster keeps of a run: its log, its events with their metadata, its errors."""
    records = instance.all_logs(result.run_id)
    return "\n".join(serialize_value(record) for record in records)


@pytest.mark.parametrize("status", ["Completed", "Failed"])
def test_a_job_that_prints_its_secrets_shows_none(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    capfd: pytest.CaptureFixture[str],
    status: str,
) -> None:
    reason = {"FailureReason": f"AlgorithmError: {CANARIES}", "ExitMessage": f"{CANARIES}"}
    fields = reason if status == "Failed" else {}
    lines = ("begun", *(f"using {canary}" for canary in CANARIES))
    service.endings.append(Ending(status, fields=fields, lines=lines))
    result, instance = run_asset(processing, full_request(processing_request))
    assert result.success is (status == "Completed")
    kept = everything(result, instance)
    captured = capfd.readouterr()
    for text in (kept, captured.out, captured.err):
        assert "canary" not in text
    assert f"using {MASK}" in kept
    assert service.only_job.environment["DB_PASSWORD"] == "canary-env"  # the job has them


def refuse_create(service: PlayedService) -> None:
    message = f"1 validation error detected: Value '{CANARIES}' failed to satisfy constraint"
    service.fail("CreateProcessingJob", "ValidationException", message)


def stop_looking(service: PlayedService) -> None:
    def refuse(job: Job) -> None:
        service.fail("DescribeProcessingJob", "AccessDeniedException", f"{CANARIES}")

    service.endings.append(Ending(looks=9, on_describe=refuse))


def break_log(service: PlayedService) -> None:
    service.fail("FilterLogEvents", "InternalFailure", f"{CANARIES}", status=500)


@pytest.mark.parametrize("trouble", [refuse_create, stop_looking, break_log])
def test_what_the_service_quotes_is_masked(
    service: PlayedService,
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    capfd: pytest.CaptureFixture[str],
    trouble: Callable[[PlayedService], None],
) -> None:
    trouble(service)
    result, instance = run_asset(processing, full_request(processing_request))
    kept = everything(result, instance)
    captured = capfd.readouterr()
    assert MASK in kept
    for text in (kept, captured.out, captured.err):
        assert "canary" not in text


def test_a_request_that_is_not_valid_quotes_no_secret(
    processing: PipesSageMakerProcessingClient,
    processing_request: dict[str, Any],
    capfd: pytest.CaptureFixture[str],
) -> None:
    request = full_request(processing_request)
    request.request["AppSpecification"]["ContainerEntrypoint"] = ["--token=canary-arg"] * 101
    request.request["Environment"]["DB_PASSWORD"] = ["canary-env"]
    result, instance = run_asset(processing, request)
    assert not result.success
    assert "canary" not in everything(result, instance)
    assert "canary" not in str(capfd.readouterr())
