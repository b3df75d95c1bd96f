"""The builders against what the SageMaker SDK 2 really sends, member by member."""

import io
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from dagster_sagemaker.request import Upload
from dagster_sagemaker.s3_uri import parse_s3_uri
from ml_pipeline_tests.clients.conftest import MakeClient
from ml_pipeline_tests.clients.equal_requests import requests
from ml_pipeline_tests.conftest import LocalService

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

# The client names the job, by what it does, only when it submits it.
NAME = {"ProcessingJobName"}
TRAINING_NAME = {"TrainingJobName", "HyperParameters.sagemaker_job_name"}
# Code lies where its content says, so that it is uploaded once and a change of it is seen.
CODE = {"ProcessingInputs[code].S3Input.S3Uri"}
PROGRAM = {"ProcessingInputs[entrypoint].S3Input.S3Uri"}
ARCHIVE = {"HyperParameters.sagemaker_submit_directory"}
SPARK_FILES = {
    f"ProcessingInputs[{name}].S3Input.S3Uri" for name in ("py-files", "files", "conf", "code")
}
# Debugger and profiler cost money, and are for those who ask for them.
DEBUGGER = {
    "DebugHookConfig.S3OutputPath",
    "DebugHookConfig.CollectionConfigurations",
    "ProfilerConfig.S3OutputPath",
    "ProfilerConfig.DisableProfiler",
}

ON_PURPOSE: Mapping[str, set[str]] = {
    "script": NAME | CODE,
    "sklearn": NAME | CODE,
    "framework": NAME | CODE | PROGRAM,
    "pytorch": NAME | CODE | PROGRAM,
    "tensorflow": NAME | CODE | PROGRAM,
    "spark": NAME | SPARK_FILES,
    "spark_image": NAME | CODE | {"Environment"},  # the SDK's is empty
    "train_sklearn": TRAINING_NAME | ARCHIVE | DEBUGGER,
    "train_pytorch": TRAINING_NAME | ARCHIVE | DEBUGGER,
    # A script that does not take it would fail.
    "train_tensorflow": TRAINING_NAME | ARCHIVE | DEBUGGER | {"HyperParameters.model_dir"},
    "train_xgboost": TRAINING_NAME | ARCHIVE | DEBUGGER,
    "algorithm": {"TrainingJobName"} | DEBUGGER,
}


def test_requests_differ_where_they_are_meant_to_and_nowhere_else(
    client: MakeClient, service: LocalService, tmp_path: Path
) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "job.py").write_text("print('done')\n")
    (tmp_path / "requirements.txt").write_text("# none\n")
    (tmp_path / "lib" / "helper.py").write_text("X = 1\n")
    sent = client("sdk2").run("sdk2_requests.py", str(tmp_path)).result
    jobs = {name: make() for name, make in requests(tmp_path).items()}
    differences = {
        name: different(dict(flat(sent[name])), dict(flat(job.request)))
        for name, job in jobs.items()
    }
    assert differences == ON_PURPOSE
    assert sent.keys() == jobs.keys()
    s3 = service.client("s3")
    for name, job in jobs.items():
        assert files_of(job.uploads) == files_of(code_of(s3, sent[name])), name


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every member and its path; entries of a list go by their names."""
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from flat(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for entry in value:
            (label,) = (entry[key] for key in entry if key in NAMES)
            yield from flat(entry, f"{path}[{label}]")
    else:
        yield path, value


NAMES = ("InputName", "OutputName", "ChannelName", "Name", "Key")


def different(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> set[str]:
    missing = object()
    return {
        path
        for path in ours.keys() | theirs.keys()
        if ours.get(path, missing) != theirs.get(path, missing)
    }


def code_of(s3: Any, request: Mapping[str, Any]) -> list[Upload]:
    """The objects below what a request names as code."""
    uris = [
        entry["S3Input"]["S3Uri"]
        for entry in request.get("ProcessingInputs", ())
        if entry["InputName"] != "raw"
    ]
    directory = request.get("HyperParameters", {}).get("sagemaker_submit_directory")
    uris += [directory.strip('"')] if directory else []
    found = []
    for uri in uris:
        bucket, prefix = parse_s3_uri(uri)
        for entry in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]:
            body = s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
            found.append(Upload(f"s3://{bucket}/{entry['Key']}", body))
    return found


def files_of(uploads: Any) -> dict[str, bytes]:
    """Contents by name, archives unpacked; without the shell program, which is each one's own."""
    files = {}
    for upload in uploads:
        name = upload.uri.rpartition("/")[2]
        if name == "sourcedir.tar.gz":
            with tarfile.open(fileobj=io.BytesIO(upload.content)) as archive:
                for member in archive.getmembers():
                    if file := archive.extractfile(member):
                        files[member.name.removeprefix("./")] = file.read()
        elif name != "runproc.sh":
            files[name] = upload.content
    return files
