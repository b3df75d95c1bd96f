"""Starting, finding and stopping the daemon."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from local_sagemaker.daemon import control
from local_sagemaker.daemon.errors import (
    DaemonError,
    MissingExtraError,
    NotRunningError,
    PortInUseError,
)
from local_sagemaker.daemon.health import Endpoint
from local_sagemaker.daemon.lock import only_daemon
from local_sagemaker.daemon.record import DaemonRecord
from local_sagemaker.home import Home
from local_sagemaker.process import ProcessId

NewHome = Callable[[str], Path]

START = (
    "import sys; from pathlib import Path; from local_sagemaker.daemon import control; "
    "print(control.ensure_started(Path(sys.argv[1]), 0).pid)"
)

START_AT = START.replace("0)", "int(sys.argv[2]))")


@pytest.fixture
def new_home(tmp_path: Path) -> Iterator[NewHome]:
    """Names homes, and stops what is started for them."""
    homes: list[Path] = []

    def new(name: str) -> Path:
        homes.append(tmp_path / name)
        return homes[-1]

    yield new
    for home in homes:
        control.stop(home)


@pytest.fixture
def home(new_home: NewHome) -> Path:
    return new_home("home")


def test_it_is_started_once_and_found_again(home: Path) -> None:
    first = control.ensure_started(home, 0)
    assert control.ensure_started(home, 0) == first
    assert control.ensure_started(home, first.port) == first
    assert control.status(home) == first
    assert first.home == home
    assert control.start(home, 0) == first
    assert control.environment(home)["AWS_ENDPOINT_URL"] == f"http://127.0.0.1:{first.port}"


def test_a_home_is_known_by_any_of_its_names(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = control.ensure_started(home, 0)
    monkeypatch.chdir(home.parent)
    assert control.status(Path("home")) == endpoint
    (home.parent / "link").symlink_to(home)
    assert control.status(Path("link")) == endpoint


def test_starters_at_the_same_time_get_the_same_one(home: Path) -> None:
    command = [sys.executable, "-c", START, str(home)]
    starters = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    pids = {starter.communicate(timeout=60)[0] for starter in starters}
    assert len(pids) == 1
    endpoint = control.status(home)
    assert endpoint is not None
    assert pids == {f"{endpoint.pid}\n"}


def test_it_outlives_its_starter_and_belongs_to_no_terminal(home: Path) -> None:
    command = [sys.executable, "-c", START, str(home)]
    pid = int(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)
    assert os.getsid(pid) != os.getsid(0)
    assert Path(f"/proc/{pid}/fd/0").readlink() == Path("/dev/null")
    assert Path(f"/proc/{pid}/fd/2").readlink() == home / "daemon.log"
    assert Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1] != str(os.getpid())


def test_stop_ends_it_and_says_whether_there_was_one(home: Path) -> None:
    endpoint = control.ensure_started(home, 0)
    process = ProcessId.of(endpoint.pid)
    assert control.stop(home) is True
    assert not process.alive()
    assert control.status(home) is None
    assert control.stop(home) is False
    with pytest.raises(NotRunningError, match="ml-pipeline local start"):
        control.environment(home)


def test_a_killed_one_is_replaced(home: Path) -> None:
    first = control.ensure_started(home, 0)
    os.kill(first.pid, signal.SIGKILL)
    second = control.ensure_started(home, first.port)
    assert second.pid != first.pid
    assert second.port == first.port


def test_a_stale_record_of_a_pid_that_another_process_has(home: Path) -> None:
    place = Home(home).create()
    stale = ProcessId(os.getpid(), "1")
    DaemonRecord(stale, 1, "0").write(place.daemon_record)
    assert control.status(home) is None
    assert control.stop(home) is False  # and this process lives on
    DaemonRecord(stale, 1, "0").write(place.daemon_record)
    assert control.ensure_started(home, 0).pid != os.getpid()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"process": 5}', '{"port": "x"}'])
def test_a_record_that_makes_no_sense(home: Path, text: str) -> None:
    Home(home).create().daemon_record.write_text(text)
    assert control.status(home) is None
    assert control.stop(home) is False


def test_a_record_whose_port_went_to_the_daemon_of_another_home(new_home: NewHome) -> None:
    other = control.ensure_started(new_home("other"), 0)
    place = Home(new_home("home")).create()
    DaemonRecord(ProcessId(other.pid, "1"), other.port, "0").write(place.daemon_record)
    assert control.status(place.root) is None


def test_a_port_that_another_program_has(home: Path) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = listening.getsockname()[1]
        # It is this very process, which accepts nothing: the daemon asks it in vain who it is.
        with pytest.raises(PortInUseError) as caught:
            control.ensure_started(home, port)
    assert f"Port {port} of this machine cannot be used" in str(caught.value)
    assert "ML_PIPELINE_LOCAL_PORT" in str(caught.value)
    assert f"(pid {os.getpid()})" in str(caught.value)
    assert control.status(home) is None


def test_starters_at_the_same_time_learn_all_why_there_is_none(home: Path) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        command = [sys.executable, "-c", START_AT, str(home), str(listening.getsockname()[1])]
        starters = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
        errors = [starter.communicate(timeout=60)[1] for starter in starters]
    assert all("cannot be used" in error for error in errors), errors


def test_a_start_while_the_last_one_ends(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ending = ExitStack()
    ending.enter_context(only_daemon(Home(home).create()))
    look = control.status

    def status(root: Path) -> Endpoint | None:
        ending.close()  # Looked for only by a starter who was refused.
        return look(root)

    monkeypatch.setattr(control, "status", status)
    assert look(control.start(home, 0).home)


def test_a_home_deleted_under_its_daemon(home: Path) -> None:
    lost = control.ensure_started(home, 0)
    try:
        shutil.rmtree(home)
        with pytest.raises(PortInUseError, match=f"deleted. End it with: kill {lost.pid}"):
            control.ensure_started(home, lost.port)
    finally:
        os.kill(lost.pid, signal.SIGTERM)


def test_a_port_that_the_daemon_of_another_home_has(new_home: NewHome) -> None:
    other = control.ensure_started(new_home("other"), 0)
    with pytest.raises(PortInUseError) as caught:
        control.ensure_started(new_home("home"), other.port)
    assert f"the local SageMaker of {other.home} (pid {other.pid}) has it" in str(caught.value)


def test_another_port_than_the_one_it_has(home: Path) -> None:
    endpoint = control.ensure_started(home, 0)
    with pytest.raises(DaemonError, match=f"ML_PIPELINE_LOCAL_PORT={endpoint.port}"):
        control.ensure_started(home, endpoint.port + 1)


def test_a_second_one_cannot_be(home: Path) -> None:
    endpoint = control.ensure_started(home, 0)
    command = [sys.executable, "-m", "local_sagemaker"]
    second = subprocess.run(
        [*command, "--home", str(home), "--port", "0"], capture_output=True, text=True, check=False
    )
    assert second.returncode == 1
    assert f"already (pid {endpoint.pid}, port {endpoint.port})" in second.stderr
    assert control.status(home) == endpoint


def test_a_home_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DaemonError, match="ML_PIPELINE_HOME"):
        control.ensure_started(tmp_path / "file" / "home", 0)
    with pytest.raises(DaemonError, match=r"PATH entry.*ML_PIPELINE_HOME"):
        control.ensure_started(tmp_path / "a:b", 0)
    assert not (tmp_path / "a:b").exists()


def test_a_database_that_is_none(home: Path) -> None:
    Home(home).create().job_database.write_text("this is no database")
    for call in (lambda: control.ensure_started(home, 0), lambda: control.stop(home)):
        with pytest.raises(DaemonError, match=r"not a database.*ml-pipeline local reset"):
            call()
    control.reset(home)
    assert control.ensure_started(home, 0).home == home


def test_packages_that_are_missing(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "raise ModuleNotFoundError('No module named aiohttp', name='aiohttp')\n"
    (tmp_path / "aiohttp.py").write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(MissingExtraError, match=r"aiohttp.*pip install 'ml-pipeline\[local\]'"):
        control.ensure_started(home, 0)


def test_one_that_breaks_shows_the_end_of_its_log(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "aiohttp.py").write_text("raise RuntimeError('broken on purpose')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(DaemonError, match="broken on purpose"):
        control.ensure_started(home, 0)


def test_nothing_of_the_users_aws_reaches_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    pid = control.ensure_started(home, 0).pid
    assert b"AWS_" not in Path(f"/proc/{pid}/environ").read_bytes()


def test_the_last_log_is_kept(home: Path) -> None:
    for _ in range(2):
        port = control.ensure_started(home, 0).port
        control.stop(home)
        assert f"on port {port}" in (home / "daemon.log").read_text()
    assert "on port" in (home / "daemon.log.1").read_text()


def test_reset_waits_for_a_stop(home: Path) -> None:
    control.reset(home)
    endpoint = control.ensure_started(home, 0)
    with pytest.raises(DaemonError, match=rf"already \(pid {endpoint.pid}"):
        control.reset(home)
    control.stop(home)
    (home / "runtimes" / "image").mkdir()
    (home / "s3" / "object").touch()
    control.reset(home)
    assert (home / "runtimes" / "image").exists()
    assert not (home / "s3").exists()
    control.reset(home, everything=True)
    assert not (home / "runtimes").exists()
    assert control.ensure_started(home, 0).home == home


def test_looking_for_it_needs_only_the_standard_library() -> None:
    program = (
        "import json, sys, local_sagemaker.daemon.control\n"
        "print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    done = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True)
    loaded = set(json.loads(done.stdout))
    assert not loaded & {"aiohttp", "moto", "werkzeug", "boto3", "botocore", "dagster"}
