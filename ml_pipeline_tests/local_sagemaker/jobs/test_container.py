import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from local_sagemaker.jobs.containers import namespaces
from local_sagemaker.jobs.containers.process_tree import descendants, first_child
from local_sagemaker.jobs.containers.surroundings import Surroundings
from local_sagemaker.kinds import PROCESSING
from ml_pipeline_tests.local_sagemaker.jobs.conftest import WITHOUT_CALL
from ml_pipeline_tests.local_sagemaker.jobs.sandbox import Sandbox, reason

pytestmark = pytest.mark.skipif(
    namespaces.unavailable() is not None, reason=f"no namespaces: {namespaces.unavailable()}"
)

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


def test_a_host_of_its_own(as_user: Sandbox) -> None:
    outputs = as_user.outputs(out="/opt/ml/processing/out")
    job = as_user.process("job", LOOK, ProcessingOutputConfig=outputs)
    assert job.status == "Completed", (as_user.log(job), reason(job))
    found = json.loads(as_user.log(job)[0])
    assert found["pid"] == 1
    assert found["host"] == "algo-1"
    assert found["address"].startswith("127.")
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
    left = as_user.home.job_directory(PROCESSING, "job")
    assert [path.name for path in left.iterdir()] == ["request.json"]


def test_what_a_script_forbids_itself_is_uploaded_all_the_same(as_user: Sandbox) -> None:
    script = """
import os
os.chdir("/opt/ml/processing/out")
os.mkdir("a")
for name, mode in (("a/b", 0o200), ("a", 0o300), ("c", 0), ("/opt/ml/output/message", 0)):
    if name != "a":
        open(name, "w").write("x")
    os.chmod(name, mode)
"""
    outputs = as_user.outputs(out="/opt/ml/processing/out")
    job = as_user.process("job", script, ProcessingOutputConfig=outputs)
    assert job.status == "Completed", (as_user.log(job), reason(job))
    assert as_user.keys("out/") == ["out/out/a/b", "out/out/c"]
    assert job.state["ExitMessage"] == "x"


def test_a_killed_supervisor_of_an_ordinary_user_takes_its_job_with_it(as_user: Sandbox) -> None:
    job = as_user.processing("job", "print('runs', flush=True)\nimport time\ntime.sleep(600)")
    process = as_user.start(job)
    as_user.wait_for_line(job, "runs")
    started = as_user.get(job).supervisor
    assert started is not None
    first = int(Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text())
    os.kill(started.pid, 9)
    process.wait(60)
    as_user.wait_for(lambda: not Path(f"/proc/{first}").exists())


def test_jobs_do_not_see_each_other(sandbox: Sandbox) -> None:
    script = """
import os, time
name, mine = os.environ["NAME"], os.environ["MINE"]
for path in ("/tmp", "/opt/ml/processing/out", "/dev/shm"):
    open(f"{path}/{mine}", "x").write(name)
print("runs", flush=True)
while not os.path.exists("/opt/ml/go"): time.sleep(0.02)
"""
    mine = f"mine-{time.time_ns()}"
    jobs = [
        sandbox.processing(
            name,
            script,
            Environment={"NAME": name, "MINE": mine},
            ProcessingOutputConfig=sandbox.outputs(**{name: "/opt/ml/processing/out"}),
        )
        for name in ("one", "two")
    ]
    processes = [sandbox.start(job) for job in jobs]
    for job in jobs:
        sandbox.wait_for_line(job, "runs")
    for job in jobs:
        hosts = sandbox.home.job_directory(PROCESSING, job.name) / "hosts"
        (hosts / "algo-1" / "ml" / "go").touch()
    for process in processes:
        process.wait(60)
    assert [sandbox.get(job).status for job in jobs] == ["Completed", "Completed"]
    assert sandbox.objects.read_bytes("bucket", f"out/one/{mine}") == b"one"
    assert sandbox.objects.read_bytes("bucket", f"out/two/{mine}") == b"two"
    assert not Path("/tmp", mine).exists()
    assert not Path("/dev/shm", mine).exists()


def test_the_shared_runtime_cannot_be_written_to(as_user: Sandbox) -> None:
    job = as_user.process("job", f"open({sys.prefix!r} + '/changed', 'w')")
    assert job.status == "Failed"
    assert "Read-only file system" in as_user.log(job)[-1]


def test_a_program_that_is_killed_from_outside(as_user: Sandbox) -> None:
    """As the kernel does when memory runs out: there is no other sign of it than the exit code."""
    job = as_user.processing("job", "print('runs', flush=True)\nimport time\ntime.sleep(600)")
    process = as_user.start(job)
    as_user.wait_for_line(job, "runs")
    unshare = first_child(process.pid)
    assert unshare
    program = first_child(unshare)
    assert program
    os.kill(program, signal.SIGKILL)
    process.wait(60)
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


# Twice forked, in a session of its own, with nothing of the job in its environment.
DAEMONIZE = """
import os, sys
if os.fork() == 0:
    os.setsid()
    if os.fork(): os._exit(0)
    null = os.open("/dev/null", os.O_RDWR)
    for number in range(3): os.dup2(null, number)
    script = "trap '' TERM; touch /opt/ml/daemon; sleep SECONDS & wait"
    os.execve("/bin/sh", ["sh", "-c", script], {})
import time
while not os.path.exists("/opt/ml/daemon"): time.sleep(0.02)
print("runs", flush=True)
"""


@pytest.mark.parametrize("mode", ["sandbox", "without_namespaces"])
@pytest.mark.parametrize("end", ["exits", "fails", "is stopped"])
def test_what_a_job_makes_a_daemon_ends_with_it(
    request: pytest.FixtureRequest, mode: str, end: str
) -> None:
    sandbox: Sandbox = request.getfixturevalue(mode)
    last = {"exits": "", "fails": "sys.exit(3)", "is stopped": "time.sleep(600)"}[end]
    seconds = f"6{time.time_ns()}"
    job = sandbox.processing("job", DAEMONIZE.replace("SECONDS", seconds) + last)
    process = sandbox.start(job)
    if end == "is stopped":
        sandbox.wait_for_line(job, "runs")
        sandbox.wait_for(lambda: _running(seconds))
        sandbox.stop(job)
    assert process.wait(60) == 0
    wanted = {"exits": "Completed", "fails": "Failed", "is stopped": "Stopped"}[end]
    assert sandbox.get(job).status == wanted, (sandbox.log(job), reason(sandbox.get(job)))
    assert sandbox.log(job)[-1] == "runs"
    assert _running(seconds) == []


def _running(argument: str) -> list[Path]:
    """The processes whose command line has this in it."""
    return [path.parent for path in Path("/proc").glob("[0-9]*/cmdline") if argument in _text(path)]


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def test_without_namespaces_opt_ml_is_a_link(without_namespaces: Sandbox) -> None:
    script = LOOK.replace('socket.gethostbyname("algo-1")', "os.path.realpath('/opt/ml')")
    outputs = without_namespaces.outputs(out="/opt/ml/processing/out")
    job = without_namespaces.process("job", script, ProcessingOutputConfig=outputs)
    assert job.status == "Completed", (without_namespaces.log(job), reason(job))
    told, line = without_namespaces.log(job)
    assert "no namespaces of their own (not on PATH: unshare)" in told
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


def test_where_the_kernel_forbids_namespaces(without_namespaces: Sandbox) -> None:
    prefix = without_namespaces.prefix
    prefix[4] = 'mount -t tmpfs tmpfs /opt && exec "$@"'
    prefix += [*WITHOUT_CALL, "unshare", "EPERM"]
    job = without_namespaces.process("job", "print('runs')")
    told, *rest = without_namespaces.log(job)
    assert "(unshare: unshare failed: Operation not permitted)" in told
    assert rest == ["runs"]


def test_a_host_that_has_run_out_of_something_is_no_reason_for_less(sandbox: Sandbox) -> None:
    sandbox.prefix = [*WITHOUT_CALL, "sethostname", "ENOMEM"]
    job = sandbox.process("job", "")
    expected = "InternalServerError: ContainerSetupError: the container cannot be made: sethostname"
    assert reason(job).startswith(expected)
    assert sandbox.log(job) == []


def test_a_process_1_that_is_killed_is_no_reason_for_less(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the kernel that is out of memory, say, before it has become the job's program."""
    monkeypatch.setattr(namespaces, "_ENCLOSE", ("-c", "import time; time.sleep(600)"))
    surroundings = Surroundings(tmp_path, "algo-1", Path("/"), tmp_path, (), (), None)
    with ThreadPoolExecutor() as pool:
        started = pool.submit(namespaces.start, surroundings, ["true"], {})
        while not (ones := [pid for pid in descendants(os.getpid()) if _is_process_1(pid)]):
            time.sleep(0.01)
        os.kill(ones[0], signal.SIGKILL)
        with pytest.raises(namespaces.ContainerSetupError, match=r"process 1 .* was killed"):
            started.result(timeout=60)


def _is_process_1(pid: int) -> bool:
    """Whether it is the first of its own namespace."""
    return re.search(r"^NSpid:.*\t1$", _text(Path(f"/proc/{pid}/status")), re.M) is not None


def test_without_namespaces_and_with_an_opt_ml_of_somebody_else(
    without_namespaces: Sandbox,
) -> None:
    without_namespaces.prefix[4] = without_namespaces.prefix[4].replace(
        "&& PATH", "&& mkdir /opt/ml && PATH"
    )
    job = without_namespaces.process("job", "")
    assert job.status == "Failed"
    assert "sudo ln -sfn" in reason(job)
