"""From where the daemon can be reached: this machine, unless it is told twice."""

import http.client
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local_sagemaker.daemon import control
from local_sagemaker.daemon.errors import DaemonError
from local_sagemaker.daemon.listening import Reach, listen
from local_sagemaker.home import Home
from ml_pipeline_tests.local_sagemaker.daemons import wait_for

ROOT = str(Path(__file__).parents[3])


@contextmanager
def daemon(home: Path, *options: str) -> Iterator[int]:
    """A daemon in the foreground; yields its port."""
    module = "local_sagemaker"
    command = [sys.executable, "-m", module, "--home", str(home), "--port", "0", *options]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        yield wait_for(lambda: process.poll() is not None or control.status(home)).port
    finally:
        process.terminate()
        process.wait(timeout=60)


def status(address: str, port: int, host: str, **headers: str) -> int:
    connection = http.client.HTTPConnection(address, port, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", "/_health", headers={"Host": host, **named})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status


@pytest.mark.parametrize("address", ["0.0.0.0", "192.0.2.1", "10.0.0.1"])
def test_an_address_alone_opens_nothing(tmp_path: Path, address: str) -> None:
    module = "local_sagemaker"
    command = [sys.executable, "-m", module, "--home", str(tmp_path / "home"), "--port", "0"]
    command += ["--host", address]
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "--allow-remote NAME" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("address", ["localhost", "", "::", "1.2.3", "0.0.0.0/0"])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(DaemonError, match="IPv4"):
        Reach.asked(address, ["name"])


def test_an_address_that_is_not_this_machine_s(tmp_path: Path) -> None:
    reach = Reach.asked("192.0.2.1", ["name"])
    with pytest.raises(DaemonError, match="no address of this machine"):
        listen(Home(tmp_path), 0, reach)


def test_nothing_but_the_loopback_by_default(tmp_path: Path) -> None:
    (opened,) = listen(Home(tmp_path), 0, Reach())
    with opened:
        assert opened.getsockname()[0] == "127.0.0.1"


def test_all_addresses() -> None:
    reach = Reach.asked("0.0.0.0", ["name"])
    assert reach.addresses == ("0.0.0.0",)  # which 127.0.0.1 is one of
    assert reach.hosts == {"name"}


def test_names_that_were_let_in(tmp_path: Path) -> None:
    names = ("--allow-remote", "Build.Example", "--allow-remote", "192.0.2.7")
    with daemon(tmp_path / "home", "--host", "127.0.0.2", *names) as port:
        for host in ("127.0.0.1", "127.0.0.2", "localhost", f"BUILD.example:{port}", "192.0.2.7"):
            assert status("127.0.0.2", port, host) == 200, host
        for host in ("evil.example", "build.example.evil.example", "0.0.0.0", "192.0.2.8"):
            assert status("127.0.0.1", port, host) == 403, host
        same, other = "http://build.example", "http://evil.example"
        assert status("127.0.0.1", port, "build.example", Origin=same) == 200
        assert status("127.0.0.1", port, "build.example", Origin=other) == 403


def test_another_address_of_the_loopback_needs_no_leave(tmp_path: Path) -> None:
    with daemon(tmp_path / "home", "--host", "127.0.0.3") as port:
        for address in ("127.0.0.1", "127.0.0.3"):
            assert status(address, port, address) == 200
        assert status("127.0.0.1", port, "evil.example") == 403
        with pytest.raises(ConnectionRefusedError):
            status("127.0.0.4", port, "127.0.0.1")
