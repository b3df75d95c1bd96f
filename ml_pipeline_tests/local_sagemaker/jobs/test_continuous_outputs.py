from typing import Any

import pytest

from local_sagemaker.kinds import PROCESSING
from ml_pipeline_tests.local_sagemaker.jobs.sandbox import BUCKET, WAIT_FOR_GO, Sandbox, reason

OUT = "/opt/ml/processing/out"


@pytest.fixture
def slow(sandbox: Sandbox) -> Sandbox:
    """The sandbox, with supervisors that look for changes only at the end."""
    sandbox.environment["ML_PIPELINE_LOCAL_SYNC_SECONDS"] = "1000"
    return sandbox


def continuous() -> dict[str, Any]:
    config = Sandbox.outputs(out=OUT)
    config["Outputs"][0]["S3Output"]["S3UploadMode"] = "Continuous"
    return config


def go(sandbox: Sandbox, name: str, host: str = "algo-1") -> None:
    hosts = sandbox.home.job_directory(PROCESSING, "job") / "hosts"
    (hosts / host / "ml" / name).touch()


def content(sandbox: Sandbox, key: str) -> bytes | None:
    return sandbox.objects.read_bytes(BUCKET, key) if key in sandbox.keys(key) else None


def test_files_are_uploaded_as_they_change(quick: Sandbox) -> None:
    script = (
        WAIT_FOR_GO
        + f"""
os.makedirs("{OUT}/sub")
file = open("{OUT}/sub/log", "w")
file.write("one"); file.flush()
wait_for("second")
file.write(", two"); file.flush()
wait_for("third")
file.write(", three"); file.close()
"""
    )
    job = quick.processing("job", script, ProcessingOutputConfig=continuous())
    process = quick.start(job)
    quick.wait_for(lambda: content(quick, "out/out/sub/log") == b"one")
    go(quick, "second")
    quick.wait_for(lambda: content(quick, "out/out/sub/log") == b"one, two")
    go(quick, "third")
    process.wait(60)
    assert quick.get(job).status == "Completed", quick.log(job)
    assert content(quick, "out/out/sub/log") == b"one, two, three"


def test_what_is_no_file_is_passed_over_and_what_vanishes_stays(quick: Sandbox) -> None:
    script = (
        WAIT_FOR_GO
        + f"""
import socket
os.symlink("/etc/passwd", "{OUT}/link")
os.symlink("/etc", "{OUT}/folder")
os.mkfifo("{OUT}/pipe")
socket.socket(socket.AF_UNIX).bind("{OUT}/socket")
open("{OUT}/a", "w").write("a")
wait_for("go")
os.unlink("{OUT}/a")
open("{OUT}/b", "w").write("b")
"""
    )
    job = quick.processing("job", script, ProcessingOutputConfig=continuous())
    process = quick.start(job)
    quick.wait_for(lambda: content(quick, "out/out/a") == b"a")
    go(quick, "go")
    process.wait(60)
    assert quick.get(job).status == "Completed", quick.log(job)
    assert quick.keys("out/") == ["out/out/a", "out/out/b"]


def test_a_directory_that_became_a_link_is_not_followed(slow: Sandbox) -> None:
    script = f"""
import os
os.rmdir("{OUT}")
os.symlink("/etc", "{OUT}")
"""
    job = slow.process("job", script, ProcessingOutputConfig=continuous())
    assert job.status == "Completed"
    assert slow.keys("out/") == []


def test_a_failed_job_leaves_its_partial_results(slow: Sandbox) -> None:
    script = f"open('{OUT}/part', 'w').write('x')\nraise SystemExit(3)"
    job = slow.process("job", script, ProcessingOutputConfig=continuous())
    assert reason(job) == "AlgorithmError: , exit code: 3"
    assert slow.keys("out/") == ["out/out/part"]


def test_a_stopped_job_leaves_its_partial_results(slow: Sandbox) -> None:
    script = f"open('{OUT}/part', 'w').write('x')\nprint('runs', flush=True)\n" + (
        "import time\ntime.sleep(600)"
    )
    job = slow.processing("job", script, ProcessingOutputConfig=continuous())
    process = slow.start(job)
    slow.wait_for_line(job, "runs")
    slow.stop(job)
    process.wait(60)
    assert slow.get(job).status == "Stopped"
    assert slow.keys("out/") == ["out/out/part"]


def test_results_that_cannot_be_kept_fail_the_job(quick: Sandbox) -> None:
    script = f"open('{OUT}/' + 'k' * 200, 'w').write('x')\nopen('{OUT}/good', 'w').write('x')"
    config = continuous()
    config["Outputs"][0]["S3Output"]["S3Uri"] = f"s3://{BUCKET}/out/" + "p" * 900
    job = quick.process("job", script, ProcessingOutputConfig=config)
    assert reason(job).startswith('ClientError: S3Uri of the output "out": upload to s3://')
    assert [key[-4:] for key in quick.keys("out/")] == ["good"]


def test_a_script_that_failed_says_why_though_results_are_lost(quick: Sandbox) -> None:
    script = f"open('{OUT}/' + 'k' * 200, 'w').write('x')\nraise SystemExit(4)"
    config = continuous()
    config["Outputs"][0]["S3Output"]["S3Uri"] = f"s3://{BUCKET}/out/" + "p" * 900
    job = quick.process("job", script, ProcessingOutputConfig=config)
    assert reason(job) == "AlgorithmError: , exit code: 4"


def test_a_large_file_does_not_hold_up_the_log(quick: Sandbox) -> None:
    # More than the pipe holds, while a thread copies: a supervisor that did not read would block.
    script = f"""
import os
with open("{OUT}/large", "wb") as file:
    file.truncate(64 << 20)
for number in range(10000): print(number, "x" * 50)
"""
    job = quick.process("job", script, ProcessingOutputConfig=continuous())
    assert job.status == "Completed", reason(job)
    assert len(quick.log(job)) == 10000
    assert quick.objects.head(BUCKET, "out/out/large").size == 64 << 20


def test_every_host_uploads_to_one_prefix(quick: Sandbox) -> None:
    script = (
        WAIT_FOR_GO
        + f"""
import socket
open("{OUT}/" + socket.gethostname(), "w").write("x")
wait_for("go")
"""
    )
    cluster = {"InstanceCount": 2, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 1}
    job = quick.processing(
        "job",
        script,
        ProcessingOutputConfig=continuous(),
        ProcessingResources={"ClusterConfig": cluster},
    )
    process = quick.start(job)
    quick.wait_for(lambda: quick.keys("out/") == ["out/out/algo-1", "out/out/algo-2"])
    go(quick, "go", "algo-1")
    go(quick, "go", "algo-2")
    process.wait(60)
    assert quick.get(job).status == "Completed", quick.log(job)
