"""``ml-pipeline jobs`` on jobs that really ran."""

import importlib
import json
import uuid
from collections.abc import Iterator
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from ml_pipeline.cli import cli
from ml_pipeline.cli.jobs.costs import _VARYING
from ml_pipeline.cli.jobs.listing import duration
from ml_pipeline.settings import get_settings
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.daemons import wait_for

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"
ROLE = "arn:aws:iam::000000000000:role/tests"
PATIENCE = 60.0


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["jobs", *arguments])


def create(service: LocalService, name: str, script: str) -> str:
    """Start a processing job that runs a shell script."""
    cluster = {"InstanceCount": 1, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 1}
    service.client("sagemaker").create_processing_job(
        ProcessingJobName=name,
        RoleArn=ROLE,
        AppSpecification={"ImageUri": IMAGE, "ContainerEntrypoint": ["bash", "-c", script]},
        ProcessingResources={"ClusterConfig": cluster},
        Environment={"DB_PASSWORD": "hunter2"},
    )
    return name


def status(service: LocalService, name: str) -> str:
    answer = service.client("sagemaker").describe_processing_job(ProcessingJobName=name)
    return str(answer["ProcessingJobStatus"])


@pytest.fixture(scope="module")
def prefix() -> str:
    return f"cli-{uuid.uuid4().hex[:6]}"


@pytest.fixture(scope="module")
def failed(local_service: LocalService, prefix: str) -> str:
    """A job that has failed, with a secret in its environment and in its log."""
    script = "echo line 1; echo the password is $DB_PASSWORD; exit 3"
    name = create(local_service, f"{prefix}-failed", script)
    wait_for(lambda: status(local_service, name) == "Failed", PATIENCE)
    return name


@pytest.fixture(autouse=True)
def settings(local_service: LocalService, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("ML_PIPELINE_HOME", str(local_service.home.root))
    monkeypatch.setenv("ML_PIPELINE_LOCAL_PORT", str(local_service.port))
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


def test_jobs_are_listed_newest_first(failed: str, prefix: str) -> None:
    listed: list[dict[str, Any]] = json.loads(run("list", "--name", prefix, "--json").stdout)
    assert [(job["kind"], job["name"], job["status"]) for job in listed] == [
        ("processing", failed, "Failed")
    ]
    assert failed in run("list", "--name", prefix).stdout
    assert run("list", "--name", prefix, "--status", "Completed").stdout.strip() == "No jobs"
    assert run("list", "--name", prefix, "--kind", "training", "--json").stdout.strip() == "[]"
    everything = [job["created"] for job in json.loads(run("list", "--json").stdout)]
    assert everything == sorted(everything, reverse=True)


def test_a_job_is_shown_without_its_secrets(failed: str) -> None:
    shown = run("show", failed)
    assert shown.exit_code == 0
    for part in (
        failed,
        "Failed",
        "1 x ml.m5.xlarge",
        "USD: 0.23 USD an hour",
        "/_jobs/processing",
    ):
        assert part in shown.stdout
    described = run("show", failed, "--json")
    assert "hunter2" not in described.stdout
    facts = json.loads(described.stdout)
    assert facts["ProcessingJobStatus"] == "Failed"
    assert facts["cost_usd"] > 0
    assert facts["CreationTime"].startswith("20")


def test_a_job_that_is_not_there_is_named(failed: str) -> None:
    missing = run("show", "no-such-job")
    assert missing.exit_code == 1
    assert "no processing or training job no-such-job" in missing.stderr
    assert run("show", failed, "--kind", "training").exit_code == 1


def test_a_log_is_printed_and_followed_to_the_end_of_its_job(failed: str) -> None:
    printed = run("logs", failed)
    assert printed.exit_code == 0
    assert printed.stdout.endswith("line 1\nthe password is ******\n")


def test_who_follows_a_job_learns_how_it_ended(
    local_service: LocalService, prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = importlib.import_module("ml_pipeline.cli.jobs.logs")
    monkeypatch.setattr(reading, "_SECONDS", 0.1)
    monkeypatch.setattr(reading, "_LATE_SECONDS", 0.0)
    fails = create(local_service, f"{prefix}-fails", "echo begun; sleep 1; echo over; exit 3")
    followed = run("logs", "--follow", fails)
    assert followed.exit_code == 3
    assert followed.stdout.endswith("begun\nover\n")
    assert f"{fails}: Failed" in followed.stderr
    works = create(local_service, f"{prefix}-works", "echo done")
    assert run("logs", "--follow", works).exit_code == 0


def test_a_job_is_stopped(local_service: LocalService, prefix: str) -> None:
    name = create(local_service, f"{prefix}-long", "sleep 600")
    stopped = run("stop", name, "--wait")
    assert stopped.exit_code == 0, stopped.stderr
    assert status(local_service, name) == "Stopped"
    assert "has ended already: Stopped" in run("stop", name).stdout


def test_costs_are_summed_by_what_names_begin_with(failed: str, prefix: str) -> None:
    found = json.loads(run("cost", "--name", prefix, "--json").stdout)
    assert found[failed]["jobs"] == 1
    assert found[failed]["usd"] > 0
    assert "USD, estimated" in run("cost", "--name", prefix).stdout


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("preprocessed-dataset-2013-02-11-69f84e9740-1", "preprocessed-dataset"),
        ("my-training-job-2024-01-02-2", "my-training-job"),
        ("resnet-50", "resnet"),
        ("plain", "plain"),
        ("model-v2-large", "model-v2-large"),
    ],
)
def test_a_name_without_what_varies(name: str, group: str) -> None:
    assert _VARYING.sub("", name) == group


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (59.9, "59.9 s"), (245, "4:05"), (7800, "2:10:00")]
)
def test_durations_are_for_people(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_shell_completes_names(failed: str, prefix: str) -> None:
    found = cli.get_command(click.Context(cli), "jobs")
    assert isinstance(found, click.Group)
    show = found.get_command(click.Context(found), "show")
    assert show is not None
    [argument] = [one for one in show.params if one.name == "name"]
    items = argument.shell_complete(click.Context(show), prefix)
    assert failed in [item.value for item in items]
