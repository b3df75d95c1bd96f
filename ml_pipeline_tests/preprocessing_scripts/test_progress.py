"""Progress of real scripts over real Dagster Pipes: files, and S3."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import dagster as dg
import pytest
from botocore.exceptions import ClientError
from dagster_aws.pipes import PipesS3ContextInjector, PipesS3MessageReader
from moto.server import ThreadedMotoServer

from ml_pipeline_tests.preprocessing_scripts import raw_days
from ml_pipeline_tests.preprocessing_scripts.conftest import DS, Prepared

PROGRAM = """
import sys
from preprocessing_scripts.progress import open_progress
with open_progress() as progress:
    progress.enter("reading")
    progress.say("read 7 flights")
    if "--fail" in sys.argv:
        raise ValueError("no days")
    progress.enter("writing")
    progress.say("wrote 3 features")
"""
MODULES = "print(sorted({'boto3', 'dagster_pipes'} & set(sys.modules)))"


@pytest.fixture
def script(code: Path, tmp_path: Path) -> Path:
    path = tmp_path / "script.py"
    path.write_text(f"import sys\nsys.path.insert(0, {str(code)!r})\n{PROGRAM}{MODULES}\n")
    return path


def run(
    script: Path, environment: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    inherited = {key: value for key, value in os.environ.items() if key not in raw_days.PIPES}
    return subprocess.run(
        [sys.executable, str(script), *arguments],
        env=inherited | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def s3(url: str) -> Any:
    return boto3.client(
        "s3",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


def materialize(
    script: Path, tmp_path: Path, *arguments: str, **s3_parts: Any
) -> tuple[bool, list[str], str]:
    """Run a script out of an asset; gives success, the run's log lines, and what it printed."""
    printed: list[str] = []
    environment: dict[str, str] = s3_parts.pop("environment", {})

    @dg.asset
    def through_pipes(context: dg.AssetExecutionContext) -> Iterator[Any]:
        injector = s3_parts.get("injector") or dg.PipesTempFileContextInjector()
        reader = s3_parts.get("reader") or dg.PipesTempFileMessageReader()
        with dg.open_pipes_session(
            context=context, context_injector=injector, message_reader=reader
        ) as session:
            done = run(script, {**environment, **session.get_bootstrap_env_vars()}, *arguments)
            printed.append(done.stdout + done.stderr)
        yield from session.get_results()

    with dg.DagsterInstance.ephemeral(str(tmp_path)) as instance:
        result = dg.materialize([through_pipes], instance=instance, raise_on_error=False)
        events = instance.all_logs(result.run_id)
    texts = [event.user_message for event in events]
    texts += [str(event.dagster_event) for event in events if event.dagster_event]
    return result.success, texts, printed[0]


def test_alone_a_script_prints_and_needs_neither_pipes_nor_boto3(script: Path) -> None:
    done = run(script, {})
    assert done.returncode == 0
    assert done.stdout == "read 7 flights\nwrote 3 features\n[]\n"
    assert done.stderr == ""


def test_progress_reaches_dagster_through_files(script: Path, tmp_path: Path) -> None:
    success, logged, printed = materialize(script, tmp_path)
    assert success
    assert {"reading", "writing"} <= set(logged)
    assert "read 7 flights" not in logged
    assert printed == "read 7 flights\nwrote 3 features\n['dagster_pipes']\n"


def test_progress_reaches_dagster_through_s3(script: Path, tmp_path: Path, s3_url: str) -> None:
    client = s3(s3_url)
    client.create_bucket(Bucket="pipes")
    success, logged, printed = materialize(
        *(script, tmp_path),
        injector=PipesS3ContextInjector(bucket="pipes", client=client),
        reader=PipesS3MessageReader(bucket="pipes", client=client, interval=0.1),
        environment={
            "AWS_ENDPOINT_URL": s3_url,
            "AWS_ACCESS_KEY_ID": "local",
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_DEFAULT_REGION": "us-east-1",
        },
    )
    assert success, printed
    assert {"reading", "writing"} <= set(logged)
    assert "read 7 flights" not in logged
    assert printed.endswith("['boto3', 'dagster_pipes']\n")


def test_the_error_of_a_script_reaches_dagster_and_is_raised(script: Path, tmp_path: Path) -> None:
    _, logged, printed = materialize(script, tmp_path, "--fail")
    assert any("ValueError" in message for message in logged)
    assert 'raise ValueError("no days")' in printed


def encoded(params: dict[str, Any]) -> str:
    from dagster_pipes import encode_param

    return encode_param(params)


@pytest.mark.parametrize(
    "params",
    [
        {"bucket": "absent", "key": "context.json", "key_prefix": "x"},
        {"path": "/nonexistent/context"},
        {"nothing": "known"},
    ],
)
def test_trouble_with_progress_never_fails_a_script(
    script: Path, s3_url: str, params: dict[str, str]
) -> None:
    environment = dict.fromkeys(raw_days.PIPES, encoded(params))
    done = run(
        script,
        environment
        | {"AWS_ENDPOINT_URL": s3_url, "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("read 7 flights\nwrote 3 features\n")
    assert done.stderr.startswith("warning: progress is not reported to Dagster: ")


def test_messages_that_can_no_longer_be_sent_are_warned_of_once(
    script: Path, tmp_path: Path, s3_url: str
) -> None:
    client = s3(s3_url)
    client.create_bucket(Bucket="context")
    context: dict[str, Any] = {
        "asset_keys": [],
        "partition_key": None,
        "run_id": "1",
        "job_name": "j",
        "extras": {},
    }
    client.put_object(Bucket="context", Key="c.json", Body=json.dumps(context).encode())
    done = run(
        script,
        {
            "DAGSTER_PIPES_CONTEXT": encoded({"bucket": "context", "key": "c.json"}),
            "DAGSTER_PIPES_MESSAGES": encoded({"bucket": "gone", "key_prefix": "x"}),
            "AWS_ENDPOINT_URL": s3_url,
            "AWS_ACCESS_KEY_ID": "x",
            "AWS_SECRET_ACCESS_KEY": "x",
        },
    )
    assert done.returncode == 0
    assert done.stderr.count("warning: ") == 1
    assert "NoSuchBucket" in done.stderr
    with pytest.raises(ClientError):
        client.list_objects_v2(Bucket="gone")


def test_a_real_job_tells_dagster_its_progress(prepared: Prepared, tmp_path: Path) -> None:
    arguments = ("--ds", DS, "--input", str(prepared.raw), "--output", str(tmp_path / "out"))
    success, logged, printed = materialize(
        prepared.code / "sklearn_preprocess.py", tmp_path, *arguments
    )
    assert success, printed
    assert {"reading raw days", "fitting on the training rows", "writing channels"} <= set(logged)
    assert "split: " in printed
    assert (tmp_path / "out" / "report" / "report.json").is_file()
