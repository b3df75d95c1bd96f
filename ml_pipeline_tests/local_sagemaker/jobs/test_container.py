import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from ml_pipeline.local_sagemaker.jobs import namespaces
from ml_pipeline_tests.local_sagemaker.jobs.sandbox import Sandbox, reason

pytestmark = pytest.mark.skipif(
    namespaces.unavailable() is not None, reason=f"no namespaces: {namespaces.unavailable()}"
)

AS_ORDINARY_USER = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
LOOK = """
import json, os, socket
print(json.dumps({
    "pid": os.getpid(),
    "host": socket.gethostname(),
    "address": socket.gethostbyname("algo-1"),
    "opt": sorted(os.listdir("/opt")),
    "tmp": os.listdir("/tmp"),
    "processes": [name for name in os.listdir("/proc") if name.isdigit()],
}))
open("/opt/ml/processing/out/a", "w").write("x")
"""


def can_map_user() -> bool:
    return subprocess.run([*AS_ORDINARY_USER, "true"], check=False).returncode == 0


@pytest.fixture(params=["root", "ordinary user"])
def as_user(request: pytest.FixtureRequest, sandbox: Sandbox) -> Sandbox:
    """The sandbox, its supervisors as the user who runs the tests, or as one without privileges."""
    if request.param == "root" and os.geteuid() != 0:
        pytest.skip("not root")
    if request.param == "ordinary user" and os.geteuid() == 0:
        if not can_map_user():
            pytest.skip("root here cannot play an ordinary user")
        sandbox.prefix = AS_ORDINARY_USER
    return sandbox


def test_a_host_of_its_own(as_user: Sandbox) -> None:
    outputs = as_user.outputs(out="/opt/ml/processing/out")
    job = as_user.process("job", LOOK, ProcessingOutputConfig=outputs)
    assert job.status == "Completed", (as_user.log(job), reason(job))
    found = json.loads(as_user.log(job)[0])
    assert found["pid"] == 1
    assert found["host"] == "algo-1"
    assert found["address"] == "127.0.0.1"
    assert set(found["opt"]) == {*(entry.name for entry in Path("/opt").iterdir()), "ml"}
    assert found["processes"] == ["1"]
    assert as_user.keys("out/") == ["out/out/a"]


def test_what_a_script_forbids_itself_is_removed_all_the_same(as_user: Sandbox) -> None:
    script = """
import os
os.makedirs("/opt/ml/a/b")
open("/opt/ml/a/b/c", "w").close()
os.chmod("/opt/ml/a/b", 0)
os.chmod("/opt/ml/a", 0o500)
"""
    job = as_user.process("job", script)
    assert job.status == "Completed"
    left = as_user.home.job_directory("processing", "job")
    assert [path.name for path in left.iterdir()] == ["request.json"]


def test_a_killed_supervisor_of_an_ordinary_user_takes_its_job_with_it(as_user: Sandbox) -> None:
    job = as_user.processing("job", "print('runs', flush=True)\nimport time\ntime.sleep(600)")
    process = as_user.start(job)
    as_user.wait_for_line(job, "runs")
    started = as_user.get(job).supervisor
    assert started is not None
    first = int(Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text())
    os.kill(started.pid, 9)
    process.wait(30)
    as_user.wait_for(lambda: not Path(f"/proc/{first}").exists())


def test_jobs_do_not_see_each_other(sandbox: Sandbox) -> None:
    script = """
import os, time
name = os.environ["NAME"]
for path in ("/tmp/mine", "/opt/ml/processing/out/mine", "/dev/shm/mine"):
    open(path, "x").write(name)
print("runs", flush=True)
while not os.path.exists("/opt/ml/go"): time.sleep(0.02)
"""
    jobs = [
        sandbox.processing(
            name,
            script,
            Environment={"NAME": name},
            ProcessingOutputConfig=sandbox.outputs(**{name: "/opt/ml/processing/out"}),
        )
        for name in ("one", "two")
    ]
    processes = [sandbox.start(job) for job in jobs]
    for job in jobs:
        sandbox.wait_for_line(job, "runs")
    for job in jobs:
        hosts = sandbox.home.job_directory("processing", job.name) / "hosts"
        (hosts / "algo-1" / "ml" / "go").touch()
    for process in processes:
        process.wait(30)
    assert [sandbox.get(job).status for job in jobs] == ["Completed", "Completed"]
    assert sandbox.objects.read_bytes("bucket", "out/one/mine") == b"one"
    assert sandbox.objects.read_bytes("bucket", "out/two/mine") == b"two"
    assert not Path("/tmp/mine").exists()
    assert not Path("/dev/shm/mine").exists()


def test_the_shared_runtime_cannot_be_written_to(as_user: Sandbox) -> None:
    job = as_user.process("job", f"open({sys.prefix!r} + '/changed', 'w')")
    assert job.status == "Failed"
    assert "Read-only file system" in as_user.log(job)[-1]


def test_a_program_that_is_killed_from_outside(as_user: Sandbox) -> None:
    """As the kernel does when memory runs out: there is no other sign of it than the exit code."""
    job = as_user.processing("job", "print('runs', flush=True)\nimport time\ntime.sleep(600)")
    process = as_user.start(job)
    as_user.wait_for_line(job, "runs")
    unshare = namespaces.first_process(process.pid)
    assert unshare
    program = namespaces.first_process(unshare)
    assert program
    os.kill(program, signal.SIGKILL)
    process.wait(30)
    assert reason(as_user.get(job)) == "AlgorithmError: , exit code: 137"
    assert as_user.log(job) == ["runs"]


def test_tmp_is_everybodys(as_user: Sandbox) -> None:
    job = as_user.process("job", "import os; print(oct(os.stat('/tmp').st_mode))")
    assert as_user.log(job) == ["0o41777"]


def test_a_home_in_shared_memory(tmp_path: Path) -> None:
    shared = Path("/dev/shm")
    if not os.access(shared, os.W_OK):
        pytest.skip("no /dev/shm")
    with tempfile.TemporaryDirectory(dir=shared) as directory:
        sandbox = Sandbox(Path(directory) / "home")
        job = sandbox.process("job", "print('runs')")
        assert sandbox.log(job) == ["runs"]


def test_a_job_that_fills_the_disk_ends_and_leaves_room(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(disk)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("not allowed to mount")
    try:
        sandbox = Sandbox(disk / "home")
        fill = "file = open('/tmp/file', 'wb')\nwhile True: file.write(b'x' * 100_000)"
        job = sandbox.process("job", fill)
        assert "exit code: 1" in reason(job) or "No space left on device" in reason(job)
        assert sandbox.process("next", "").status == "Completed"
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_request_may_change_its_path_without_breaking_the_setup(sandbox: Sandbox) -> None:
    app = {"ImageUri": "test-image:1", "ContainerEntrypoint": ["/bin/sh", "-c", 'echo "$PATH"']}
    job = sandbox.process("job", "", AppSpecification=app, Environment={"PATH": "/nowhere"})
    assert sandbox.log(job) == ["/nowhere"]


@pytest.fixture
def without_namespaces(sandbox: Sandbox, tmp_path: Path) -> Sandbox:
    """A sandbox whose supervisors find no ``unshare``, in a mount namespace where /opt is empty."""
    if os.geteuid() != 0:
        pytest.skip("not root")
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in ("sh", "setpriv"):
        found = shutil.which(name)
        assert found
        (programs / name).symlink_to(found)
    sandbox.prefix = [
        *("unshare", "--mount", "sh", "-c"),
        f'mount -t tmpfs tmpfs /opt && PATH={programs} exec "$@"',
        "sh",
    ]
    return sandbox


def test_without_namespaces_opt_ml_is_a_link(without_namespaces: Sandbox) -> None:
    script = LOOK.replace('socket.gethostbyname("algo-1")', "os.path.realpath('/opt/ml')")
    outputs = without_namespaces.outputs(out="/opt/ml/processing/out")
    job = without_namespaces.process("job", script, ProcessingOutputConfig=outputs)
    assert job.status == "Completed", (without_namespaces.log(job), reason(job))
    told, line = without_namespaces.log(job)
    assert "no namespaces of their own (not on PATH: unshare, mount)" in told
    assert json.loads(line)["address"].endswith("/processing/job/hosts/algo-1/ml")
    assert without_namespaces.keys("out/") == ["out/out/a"]


def test_without_namespaces_nothing_is_left_running(without_namespaces: Sandbox) -> None:
    script = """
import subprocess, sys
print(subprocess.Popen(["sleep", "600"]).pid, flush=True)
sys.exit(3)
"""
    job = without_namespaces.process("job", script)
    assert reason(job) == "AlgorithmError: , exit code: 3"
    sleeper = without_namespaces.log(job)[-1]
    without_namespaces.wait_for(lambda: not Path(f"/proc/{sleeper}").exists())


def test_without_namespaces_and_with_an_opt_ml_of_somebody_else(
    without_namespaces: Sandbox,
) -> None:
    without_namespaces.prefix[4] = without_namespaces.prefix[4].replace(
        "&& PATH", "&& mkdir /opt/ml && PATH"
    )
    job = without_namespaces.process("job", "")
    assert job.status == "Failed"
    assert "sudo ln -sfn" in reason(job)
