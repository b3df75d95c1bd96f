"""``ml-pipeline dev``, which starts two of Dagster's processes: seconds of imports."""

import signal
import socket
from pathlib import Path

import pytest

from ml_pipeline_tests.conftest import free_port
from ml_pipeline_tests.graphql import Webserver
from ml_pipeline_tests.project import Project

pytestmark = pytest.mark.long


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_ui_comes_up_and_goes(project: Project, tmp_path: Path, number: signal.Signals) -> None:
    port = free_port()
    process = project.spawn("ml-pipeline", "dev", "--port", str(port), log=tmp_path / "log")
    try:
        server = Webserver(f"http://127.0.0.1:{port}")
        server.wait_until_up()
        process.send_signal(number)
        assert process.wait(120) == 0, (tmp_path / "log").read_text()
    finally:
        process.kill()
    with pytest.raises(OSError, match="refused"):
        server.query("{ version }")


def test_a_taken_port_ends_it_with_what_to_do(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = project.run("ml-pipeline", "dev", "--port", str(port), check=False)
    assert done.returncode == 1
    assert f"Is port {port} taken?" in done.stderr
