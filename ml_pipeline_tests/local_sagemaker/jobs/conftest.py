"""Fixtures for running jobs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ml_pipeline_tests.local_sagemaker.jobs.sandbox import Sandbox

AS_ORDINARY_USER = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
WITHOUT_CALL = [sys.executable, str(Path(__file__).with_name("without_call.py"))]


@pytest.fixture
def sandbox(tmp_path: Path) -> Sandbox:
    return Sandbox(tmp_path / "home")


@pytest.fixture
def quick(sandbox: Sandbox) -> Sandbox:
    """The sandbox, with supervisors that look for changed files all the time."""
    sandbox.environment["ML_PIPELINE_LOCAL_SYNC_SECONDS"] = "0.05"
    return sandbox


def _can_map_user() -> bool:
    return subprocess.run([*AS_ORDINARY_USER, "true"], check=False).returncode == 0


@pytest.fixture(params=["root", "ordinary user"])
def as_user(request: pytest.FixtureRequest, sandbox: Sandbox) -> Sandbox:
    """The sandbox, its supervisors as the user who runs the tests, or as one without privileges."""
    if request.param == "root" and os.geteuid() != 0:
        pytest.skip("not root")
    if request.param == "ordinary user" and os.geteuid() == 0:
        if not _can_map_user():
            pytest.skip("root here cannot play an ordinary user")
        sandbox.prefix = AS_ORDINARY_USER
    return sandbox


@pytest.fixture
def as_old_kernel(as_user: Sandbox) -> Sandbox:
    """``as_user`` on a kernel that cannot make all mounts read-only at once."""
    as_user.prefix = [*WITHOUT_CALL, "mount_setattr", "ENOSYS", *as_user.prefix]
    return as_user


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
