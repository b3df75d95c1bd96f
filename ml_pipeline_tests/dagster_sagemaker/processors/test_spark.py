"""The request of a Spark job: options, files and configuration."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from dagster_sagemaker import CodeBundle, ProcessingOutput, PySparkProcessor
from dagster_sagemaker.request import JobRequest
from ml_pipeline_tests.dagster_sagemaker.captured import ROLE


def build(code: CodeBundle, **fields: Any) -> JobRequest:
    processor = PySparkProcessor(role_arn=ROLE, region="us-east-1", instance_count=2, **fields)
    return processor.build(code=code, code_uri="s3://b/code")


def entrypoint(job: JobRequest) -> list[str]:
    found: list[str] = job.request["AppSpecification"]["ContainerEntrypoint"]
    return found


def uploaded(job: JobRequest, end: str) -> bytes:
    (content,) = [upload.content for upload in job.uploads if upload.uri.endswith(end)]
    return content


def test_options_stand_before_the_application(code: CodeBundle, tmp_path: Path) -> None:
    jar = tmp_path / "x.jar"
    jar.write_bytes(b"jar")
    job = build(
        code,
        submit_py_files=("s3://b/lib.zip",),
        submit_jars=("s3a://b/y.jar", jar),
        spark_event_logs_s3_uri="s3://b/events",
    )
    assert entrypoint(job) == [
        "smspark-submit",
        "--py-files",
        "s3://b/lib.zip",
        "--jars",
        "s3a://b/y.jar,/opt/ml/processing/input/jars",
        "--local-spark-event-logs-dir",
        "/opt/ml/processing/spark-events/",
        "/opt/ml/processing/input/code/job.py",
    ]
    assert [entry["InputName"] for entry in job.request["ProcessingInputs"]] == ["jars", "code"]
    assert uploaded(job, "/jars/x.jar") == b"jar"
    assert job.optional_outputs == ("output-1",)


def test_event_logs_are_one_more_output(code: CodeBundle) -> None:
    processor = PySparkProcessor(
        role_arn=ROLE, region="us-east-1", spark_event_logs_s3_uri="s3://b/events"
    )
    table = ProcessingOutput(name="table", local_path="/opt/ml/processing/t", s3_uri="s3://b/t")
    request = processor.build(code=code, code_uri="s3://b/code", outputs=[table]).request
    names = [entry["OutputName"] for entry in request["ProcessingOutputConfig"]["Outputs"]]
    assert names == ["table", "output-2"]


def test_a_package_is_sent_as_an_archive_that_python_imports(
    code: CodeBundle, tmp_path: Path
) -> None:
    package = tmp_path / "delays"
    package.mkdir()
    (package / "__init__.py").write_text("RATE = 0.25\n")
    first = uploaded(build(code, submit_py_files=(package,)), "/py-files/delays.zip")
    (package / "__init__.py").touch()
    assert uploaded(build(code, submit_py_files=(str(package),)), "/delays.zip") == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert archive.read("delays/__init__.py") == b"RATE = 0.25\n"


def test_a_directory_of_jars_stands_for_its_files(code: CodeBundle, tmp_path: Path) -> None:
    jars = tmp_path / "jars"
    jars.mkdir()
    with pytest.raises(FileNotFoundError, match="submit_jars: there is no file in"):
        build(code, submit_jars=(jars,))
    for name in ("a.jar", "b.jar"):
        (jars / name).write_text(name)
    job = build(code, submit_jars=(jars,))
    assert [upload.content for upload in job.uploads[:2]] == [b"a.jar", b"b.jar"]


@pytest.mark.parametrize(
    ("field", "value", "error", "named"),
    [
        ("submit_jars", "http://host/x.jar", ValueError, "submit_jars: 'http://host/x.jar' is n"),
        ("submit_jars", "/not/there.jar", FileNotFoundError, "submit_jars: /not/there.jar does"),
        ("submit_py_files", "lib/", FileNotFoundError, "submit_py_files: lib does not exist"),
        ("submit_files", "s3://", ValueError, "'s3://' is not an S3 URI"),
    ],
)
def test_a_file_that_is_nowhere_is_refused(
    code: CodeBundle, field: str, value: str, error: type[Exception], named: str
) -> None:
    with pytest.raises(error, match=named):
        build(code, **{field: (value,)})


def test_two_files_of_one_name_are_refused(code: CodeBundle, tmp_path: Path) -> None:
    paths = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        paths.append(tmp_path / folder / "conf.ini")
        paths[-1].write_text(folder)
    with pytest.raises(ValueError, match=r"submit_files: two files have the name 'conf\.ini'"):
        build(code, submit_files=tuple(paths))


def test_a_configuration_is_an_input_of_its_own(code: CodeBundle) -> None:
    configuration = [
        {"Classification": "spark-defaults", "Properties": {"spark.executor.memory": "2g"}},
        {
            "Classification": "spark-env",
            "Properties": {},
            "Configurations": [{"Classification": "export", "Properties": {"A": "1"}}],
        },
    ]
    job = build(code, configuration=configuration)
    conf = job.request["ProcessingInputs"][0]
    assert conf["S3Input"]["LocalPath"] == "/opt/ml/processing/input/conf"
    assert json.loads(uploaded(job, "/configuration.json")) == configuration


@pytest.mark.parametrize(
    ("configuration", "named"),
    [
        (
            [{"Classification": "spark", "Properties": {}}],
            r"configuration\[0\]\.Classification='spark' is none of .*spark-defaults",
        ),
        ({"Classification": "core-site"}, r"missing: \['Properties'\]"),
        (
            {
                "Classification": "spark-env",
                "Properties": {},
                "Configurations": [{"Classification": "export", "Properties": {}, "x": 1}],
            },
            r"configuration\[0\]\.Configurations\[0\].*unknown: \['x'\]",
        ),
    ],
)
def test_a_configuration_that_the_image_does_not_know_is_refused(
    code: CodeBundle, configuration: Any, named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        build(code, configuration=configuration)


def test_event_logs_go_to_s3(code: CodeBundle) -> None:
    with pytest.raises(ValueError, match="'/tmp/events' is not an S3 URI"):
        build(code, spark_event_logs_s3_uri="/tmp/events")


def test_the_image_can_be_named_to_its_last_number() -> None:
    processor = PySparkProcessor(
        role_arn=ROLE, region="cn-north-1", py_version="py312", container_version="1.0"
    )
    assert processor.resolved_image_uri() == (
        "671472414489.dkr.ecr.cn-north-1.amazonaws.com.cn/"
        "sagemaker-spark-processing:3.5-cpu-py312-v1.0"
    )
