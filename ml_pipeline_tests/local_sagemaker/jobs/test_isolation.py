"""A job cannot write outside its own directories, see what the service keeps, or undo that."""

import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_sagemaker.jobs.containers import namespaces
from local_sagemaker.kinds import PROCESSING
from ml_pipeline_tests.local_sagemaker.jobs.sandbox import Sandbox, reason

pytestmark = pytest.mark.skipif(
    namespaces.unavailable() is not None, reason=f"no namespaces: {namespaces.unavailable()}"
)

# Prints as JSON where a script could write: the top of each mounted file system, and other places.
WRITE = """
import json, os
mounts = [line.split()[1] for line in open("/proc/self/mounts")]
written = []
for path in sorted({*mounts, *os.environ["PLACES"].split()}):
    try:
        with open(path + "/probe", "w"): written.append(path)
    except OSError: pass
print(json.dumps(written))
"""
UNDO = """
import subprocess
for command in (
    "mount -o remount,bind,rw /",
    "mount -t tmpfs tmpfs /mnt",
    "umount --lazy /opt",
    "mknod /tmp/disk b 259 0",
    "unshare --user --map-root-user --mount mount -o remount,bind,rw /",
    "unshare --user --map-root-user --mount umount --lazy /opt",
    "sh -c 'value=$(cat /proc/sys/vm/swappiness) && echo $value > /proc/sys/vm/swappiness'",
):
    if subprocess.run(command, shell=True, capture_output=True).returncode == 0: print(command)
"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Not in /tmp, which is covered anyway."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as directory:
        yield Sandbox(Path(directory) / "home")


def test_a_job_writes_to_its_own_directories_alone(as_user: Sandbox) -> None:
    home = as_user.home
    places = [
        home.root,
        home.s3,
        home.jobs,
        home.root.parent,
        # What is below /tmp has that path in the job's own /tmp.
        *(path for path in (Path.cwd(),) if not path.is_relative_to("/tmp")),
        "/etc",
        "/usr",
        "/var/tmp",
    ]
    job = as_user.process("job", WRITE, Environment={"PLACES": " ".join(map(str, places))})
    assert job.status == "Completed", (as_user.log(job), reason(job))
    host = home.job_directory(PROCESSING, "job") / "hosts" / "algo-1"
    own = {str(host / name) for name in ("ml", "tmp", "home", "layer")}
    assert set(json.loads(as_user.log(job)[-1])) == {"/opt/ml", "/tmp", "/dev/shm", *own}
    assert list(home.root.parent.iterdir()) == [home.root]


def test_the_service_keeps_its_own_to_itself(as_user: Sandbox) -> None:
    script = """
import os
for folder, _, names in os.walk(os.environ["SERVICE"]):
    if "/hosts/algo-1/" not in folder: print(folder, names)
"""
    as_user.put("secret", "of another job")
    service = str(as_user.home.root)
    job = as_user.process("job", script, Environment={"SERVICE": service})
    assert job.status == "Completed", as_user.log(job)
    assert as_user.log(job)
    assert [line for line in as_user.log(job) if not line.endswith("[]")] == []


def test_a_job_cannot_undo_it(as_user: Sandbox) -> None:
    job = as_user.process("job", UNDO)
    assert job.status == "Completed", as_user.log(job)
    assert as_user.log(job) == []


def test_a_job_installs_into_its_own_layer(as_user: Sandbox) -> None:
    script = """
import importlib.metadata, pathlib, subprocess, sys, zipfile
with zipfile.ZipFile("tiny-1.0-py3-none-any.whl", "w") as wheel:
    wheel.writestr("tiny.py", "")
    info = "tiny-1.0.dist-info/"
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\n")
    wheel.writestr(info + "RECORD", "")
wheel = "tiny-1.0-py3-none-any.whl"
subprocess.run(["pip", "install", "--quiet", "--no-index", wheel], check=True)
print(importlib.metadata.version("tiny"))
"""
    job = as_user.process("job", script)
    assert as_user.log(job)[-1] == "1.0"


def test_the_usual_devices_are_there(as_user: Sandbox) -> None:
    script = """
import os, tempfile
open("/dev/null", "w").write("x")
assert open("/dev/urandom", "rb").read(1) and not open("/dev/stdin").read()
os.openpty()
assert not [name for name in os.listdir("/dev") if name.startswith(("sd", "vd", "nvme", "mem"))]
print(tempfile.gettempdir(), os.getcwd() == os.environ["HOME"], file=open("/dev/stdout", "w"))
"""
    job = as_user.process("job", script)
    assert as_user.log(job) == ["/tmp True"]


def test_a_request_cannot_run_anything_before_the_container_is_made(as_user: Sandbox) -> None:
    """What makes the container has privileges that the job is not to have."""
    library = {"LD_PRELOAD": "/nowhere.so", "PYTHONHOME": "/nowhere", "PATH": "/usr/bin:/bin"}
    app = {"ImageUri": "test-image:1", "ContainerEntrypoint": ["/bin/echo", "runs"]}
    job = as_user.process("job", "", AppSpecification=app, Environment=library)
    assert as_user.log(job)[-1] == "runs", (as_user.log(job), reason(job))


@pytest.mark.parametrize(
    ("entrypoint", "code"), [("/nowhere", 127), ("nowhere", 127), ("/etc/hosts", 126)]
)
def test_a_program_that_cannot_be_run(sandbox: Sandbox, entrypoint: str, code: int) -> None:
    app = {"ImageUri": "test-image:1", "ContainerEntrypoint": [entrypoint]}
    job = sandbox.process("job", "", AppSpecification=app)
    assert reason(job) == f"AlgorithmError: , exit code: {code}"
    assert entrypoint in sandbox.log(job)[0]


def test_an_old_kernel_gives_a_weaker_container_and_the_log_says_so(as_old_kernel: Sandbox) -> None:
    script = f"""
import socket
for path in ({sys.prefix!r}, {str(as_old_kernel.home.s3)!r}):
    try: open(path + "/left", "w")
    except OSError as error: print(socket.gethostname(), error.strerror)
"""
    job = as_old_kernel.process("job", script)
    assert job.status == "Completed", (as_old_kernel.log(job), reason(job))
    told, *rest = as_old_kernel.log(job)
    assert "does not let a job's surroundings be read-only (mount_setattr of /: " in told
    assert rest == ["algo-1 Read-only file system", "algo-1 No such file or directory"]
