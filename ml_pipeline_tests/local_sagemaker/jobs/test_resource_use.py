"""What jobs take is measured, and limited where a setting says so."""

import os
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.jobs.containers.limits import Limits, disk_bytes
from local_sagemaker.jobs.containers.process_tree import (
    cpu_seconds,
    descendants,
    proportional_bytes,
    resident_bytes,
)
from local_sagemaker.kinds import PROCESSING
from ml_pipeline_tests.local_sagemaker.jobs.sandbox import Sandbox, reason

MEGABYTE = 1024 * 1024
MORE_MEMORY = (
    "ClientError: Please use an instance type with more memory, or reduce the size of job data "
    "processed on an instance. On this machine algo-1 took "
)
# Held until the test lets go, so that it is measured however slow the machine is.
HOLD = """
import os, time
{}
print("holds", flush=True)
end = time.monotonic() + 25
while not os.path.exists("/opt/ml/go") and time.monotonic() < end: time.sleep(0.02)
"""


@pytest.fixture(params=["namespaces", "plain"])
def anyhow(request: pytest.FixtureRequest) -> Sandbox:
    """A sandbox, with and without namespaces."""
    name = "sandbox" if request.param == "namespaces" else "without_namespaces"
    sandbox: Sandbox = request.getfixturevalue(name)
    return sandbox


def use(sandbox: Sandbox, name: str = "job") -> dict[str, Any]:
    job = sandbox.store.get(PROCESSING, name)
    assert job is not None
    return dict(job.state.get("ResourceUse", {}))


def test_memory_and_cpu_time_are_in_the_state(anyhow: Sandbox) -> None:
    script = """
import time
data = b"x" * 100_000_000
open("/opt/ml/scratch", "wb").write(data[:20_000_000])
while time.process_time() < 0.5: pass
"""
    job = anyhow.process("job", script)
    assert job.status == "Completed", (anyhow.log(job), reason(job))
    taken = use(anyhow)
    assert 100_000_000 < taken["PeakMemoryBytes"] < 200_000_000
    assert 0.5 <= taken["CpuSeconds"] < 10
    host = taken["Hosts"]["algo-1"]
    assert {name: host[name] for name in ("PeakMemoryBytes", "CpuSeconds")} == {
        name: taken[name] for name in ("PeakMemoryBytes", "CpuSeconds")
    }
    assert 1 < host["PeakCpuPercent"] < 120
    assert 20_000_000 < host["PeakDiskBytes"] < 30_000_000


def test_processes_count_together_and_what_they_share_once(sandbox: Sandbox) -> None:
    script = HOLD.format("""
shared = b"x" * 50_000_000
if os.fork() and os.fork():
    own = b"y" * 50_000_000
""")
    job = sandbox.processing("job", script)
    process = sandbox.start(job)
    host = sandbox.home.job_directory(PROCESSING, "job") / "hosts" / "algo-1"
    try:
        sandbox.wait_for_line(job, "holds")
        modified = sandbox.get(job).modified
        sandbox.wait_for(lambda: use(sandbox).get("PeakMemoryBytes", 0) > 100_000_000)
        assert sandbox.get(job).status == "InProgress"
        assert sandbox.get(job).modified == modified
    finally:
        (host / "ml" / "go").touch()
        process.wait(60)
    assert use(sandbox)["PeakMemoryBytes"] < 150_000_000


def test_a_job_that_takes_too_much_memory(anyhow: Sandbox) -> None:
    anyhow.environment["ML_PIPELINE_LOCAL_JOB_MEMORY_MB"] = "60"
    job = anyhow.process("job", HOLD.format("data = b'x' * 100_000_000"))
    assert reason(job).startswith(MORE_MEMORY)
    assert reason(job).endswith("; ML_PIPELINE_LOCAL_JOB_MEMORY_MB allows 60 MB.")
    assert job.status == "Failed"


def test_a_training_job_that_takes_too_much_memory_leaves_its_output(sandbox: Sandbox) -> None:
    sandbox.environment["ML_PIPELINE_LOCAL_JOB_MEMORY_MB"] = "60"
    script = "open('/opt/ml/output/data/found', 'w').close()\n" + HOLD.format(
        "data = b'x' * 100_000_000"
    )
    job = sandbox.train("job", script)
    assert reason(job).startswith(MORE_MEMORY)
    assert sandbox.keys("models/job/output/output") == ["models/job/output/output.tar.gz"]


def test_a_job_that_takes_too_much_disk(sandbox: Sandbox) -> None:
    sandbox.environment["ML_PIPELINE_LOCAL_JOB_DISK_MB"] = "10"
    write = "open('/tmp/file', 'wb').write(b'x' * 30_000_000)"
    job = sandbox.process("job", HOLD.format(write))
    assert "ClientError: Please use an instance with more disk space (VolumeSizeInGB)" in reason(
        job
    )
    assert "ML_PIPELINE_LOCAL_JOB_DISK_MB allows 10 MB" in reason(job)


def test_a_job_within_its_limits(sandbox: Sandbox) -> None:
    sandbox.environment["ML_PIPELINE_LOCAL_JOB_MEMORY_MB"] = "200"
    sandbox.environment["ML_PIPELINE_LOCAL_JOB_DISK_MB"] = "volume"
    job = sandbox.process("job", "import time\ndata = b'x' * 50_000_000\ntime.sleep(0.5)")
    assert job.status == "Completed", reason(job)


def test_a_limit_that_makes_no_sense(sandbox: Sandbox) -> None:
    sandbox.environment["ML_PIPELINE_LOCAL_JOB_MEMORY_MB"] = "2g"
    job = sandbox.process("job", "")
    expected = "ClientError: ML_PIPELINE_LOCAL_JOB_MEMORY_MB: '2g' is not a number of megabytes"
    assert reason(job).startswith(expected)


def test_the_volume_is_the_limit_if_the_setting_says_so() -> None:
    settings = {"ML_PIPELINE_LOCAL_JOB_DISK_MB": "volume"}
    assert Limits.from_settings(settings, 2) == Limits(None, 2048 * MEGABYTE)
    assert Limits.from_settings({}, 2) == Limits()
    assert Limits.from_settings(settings, 0) == Limits()


def test_disk_use_of_a_directory(tmp_path: Path) -> None:
    before = disk_bytes(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "file").write_bytes(b"x" * MEGABYTE)
    (tmp_path / "link").symlink_to("/usr")
    after = disk_bytes(tmp_path)
    assert before is not None and after is not None
    assert MEGABYTE <= after - before < 2 * MEGABYTE
    assert disk_bytes(tmp_path, seconds=-1) is None
    assert disk_bytes(tmp_path / "nowhere") == 0


def test_processes_that_are_gone_take_nothing() -> None:
    gone = [2**22 + 1]  # more than pid_max can be
    assert cpu_seconds(gone) == 0
    assert resident_bytes(gone) == (0, 0)
    assert proportional_bytes(gone) == 0
    assert descendants(gone[0]) == []


def test_this_process_takes_something() -> None:
    us = [os.getpid()]
    now, most = resident_bytes(us)
    assert 0 < proportional_bytes(us) <= now <= most
    assert cpu_seconds(us) > 0
