"""``smspark-submit``, with a stand-in for Spark and Java."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local_sagemaker.runtimes.catalog import find_runtime
from local_sagemaker.runtimes.layer import PROGRAMS

_SPARK = """#!/bin/sh
for word; do echo "word $word"; done
cat "$SPARK_CONF_DIR/spark-defaults.conf" "$HADOOP_CONF_DIR"/*.xml
echo "mine $MINE"
echo event > /tmp/spark-events/app-1.inprogress 2> /dev/null
exit "${SPARK_EXIT:-0}"
"""


class Submitting:
    """A container's files, and the program that submits."""

    def __init__(self, root: Path) -> None:
        self.base = root / "ml"
        self.environment = {
            **os.environ,
            "SAGEMAKER_BASE_DIR": str(self.base),
            "PYTHONPATH": str(root / "packages"),
            "JAVA_HOME": str(root / "java"),
            "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        }
        spark = root / "packages" / "pyspark" / "bin" / "spark-submit"
        spark.parent.mkdir(parents=True)
        (spark.parent.parent / "__init__.py").touch()
        java = root / "java" / "bin" / "java"
        java.parent.mkdir(parents=True)
        for path, text in ((spark, _SPARK), (java, "#!/bin/sh\n")):
            path.write_text(text)
            path.chmod(0o755)
        runtime = find_runtime("sagemaker-spark-processing:3.5-cpu", root / "none")
        assert runtime.entrypoint == ("smspark-submit",)
        self.programs = shutil.copytree(PROGRAMS, root / "programs")
        self.program = runtime.programs["smspark-submit"]
        self.hosts("algo-1", ["algo-1"])

    def hosts(self, current: str, hosts: list[str]) -> None:
        config = self.base / "config"
        config.mkdir(parents=True, exist_ok=True)
        resources = {"current_host": current, "hosts": hosts}
        (config / "resourceconfig.json").write_text(json.dumps(resources))

    def configure(self, content: object) -> None:
        conf = self.base / "processing" / "input" / "conf"
        conf.mkdir(parents=True)
        (conf / "configuration.json").write_text(json.dumps(content))

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, self.programs, self.program, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    @property
    def message(self) -> str:
        return (self.base / "output" / "message").read_text()


@pytest.fixture
def submitting(tmp_path: Path) -> Submitting:
    return Submitting(tmp_path)


def words(done: "subprocess.CompletedProcess[str]") -> list[str]:
    return [line[5:] for line in done.stdout.splitlines() if line.startswith("word ")]


def test_directories_stand_for_their_files(submitting: Submitting, tmp_path: Path) -> None:
    files = tmp_path / "files"
    (files / "below").mkdir(parents=True)
    for name in ("b.txt", "a.txt", "below/c.txt"):
        (files / name).touch()
    done = submitting.run(
        "--files", str(files), "--class", "My", "/x/app.py", "--files", "mine", "-v"
    )
    assert done.returncode == 0, done.stderr
    expected = ["--master", "local[*]", "--class", "My", "--files", f"{files}/a.txt,{files}/b.txt"]
    assert words(done) == [*expected, "/x/app.py", "--files", "mine", "-v"]


def test_configuration(submitting: Submitting) -> None:
    export = {"Classification": "export", "Properties": {"MINE": "yes"}}
    submitting.configure(
        [
            {"Classification": "spark-defaults", "Properties": {"spark.executor.memory": "2g"}},
            {"Classification": "core-site", "Properties": {"a.b": "<1>"}},
            {"Classification": "spark-env", "Configurations": [export]},
        ]
    )
    done = submitting.run("/x/app.py")
    lines = done.stdout.splitlines()
    assert "spark.executor.memory 2g" in lines
    assert "spark.hadoop.fs.s3a.endpoint http://127.0.0.1:9" in lines
    assert "<property><name>a.b</name><value>&lt;1&gt;</value></property>" in lines
    assert "mine yes" in lines


def test_event_logs(submitting: Submitting, tmp_path: Path) -> None:
    target = tmp_path / "events"
    program = submitting.programs / "smspark_submit" / "event_logs.py"
    events = tmp_path / "spark-events"
    program.write_text(program.read_text().replace("/tmp/spark-events", str(events)))
    spark = tmp_path / "packages" / "pyspark" / "bin" / "spark-submit"
    spark.write_text(spark.read_text().replace("/tmp/spark-events", str(events)))
    done = submitting.run("--local-spark-event-logs-dir", str(target), "/x/app.py")
    assert done.returncode == 0, done.stderr
    assert "spark.eventLog.enabled true" in done.stdout
    assert (target / "app-1").read_text() == "event\n"


def test_what_spark_fails_with(submitting: Submitting) -> None:
    submitting.environment["SPARK_EXIT"] = "3"
    done = submitting.run("/x/app.py")
    assert done.returncode == 3
    assert submitting.message.startswith(
        "Algorithm Error: (caused by CalledProcessError): spark failed with a non-zero exit code: 3"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--files", "/no/such/file", "/x/app.py"], "file path /no/such/file does not exist"),
        (["--jars", "relative.jar", "/x/app.py"], "relative.jar must be an absolute path"),
        (["--jars", "s3://bucket/x.jar", "/x/app.py"], "s3://bucket/x.jar cannot be read"),
        (["--no-such-option", "/x/app.py"], "not understood: --no-such-option"),
        ([], "not understood"),
    ],
)
def test_what_cannot_be_submitted(
    submitting: Submitting, arguments: list[str], message: str
) -> None:
    submitting.environment.update(AWS_MAX_ATTEMPTS="1", AWS_ACCESS_KEY_ID="x")
    submitting.environment["AWS_SECRET_ACCESS_KEY"] = "x"
    assert submitting.run(*arguments).returncode == 1
    assert message in submitting.message


def test_an_empty_directory(submitting: Submitting, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert submitting.run("--py-files", str(tmp_path / "empty"), "/x/app.py").returncode == 1
    assert "Found zero files in" in submitting.message


def test_a_configuration_that_is_none(submitting: Submitting) -> None:
    submitting.configure([{"Properties": {}}])
    assert submitting.run("/x/app.py").returncode == 1
    assert "configuration.json is not a list of configurations" in submitting.message


def test_no_java(submitting: Submitting, tmp_path: Path) -> None:
    submitting.environment.update(JAVA_HOME=str(tmp_path / "none"), PATH=str(tmp_path / "none"))
    assert submitting.run("/x/app.py").returncode == 1
    assert submitting.message.startswith("Spark needs Java, and this machine has none")


def test_other_hosts_have_nothing_to_do(submitting: Submitting) -> None:
    submitting.hosts("algo-2", ["algo-1", "algo-2"])
    done = submitting.run("/x/app.py")
    assert (done.returncode, words(done)) == (0, [])
    assert "Spark runs in local mode on algo-1" in done.stderr
