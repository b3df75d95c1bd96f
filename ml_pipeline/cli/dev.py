"""Dagster's webserver and its daemon, until one of them ends or someone interrupts."""

import os
import signal
import subprocess
import sys
import time
from types import FrameType

import click

_LOCATION = ("-m", "ml_pipeline")
_STOP_SECONDS = 30.0
# What Dagster says of parts of its interface that are new: they are used on purpose.
_QUIET = "ignore:Function,ignore:Parameter,ignore:Specifying,ignore:Asset job"
# Two processes that make Dagster's tables at the same moment leave databases that nobody can read.
_MAKE_TABLES = ("-c", "import dagster; dagster.DagsterInstance.get().dispose()")


def serve(port: int) -> None:
    """Run both on 127.0.0.1.

    Raises:
        click.ClickException: One of them ended by itself.
    """
    commands = {
        "webserver": (
            *("-m", "ml_pipeline.cli.webserver", *_LOCATION),
            *("--host", "127.0.0.1", "--port", str(port)),
        ),
        "daemon": ("-m", "dagster._daemon", "run", *_LOCATION),
    }
    signal.signal(signal.SIGTERM, _interrupt)
    environment = {"PYTHONWARNINGS": _QUIET, **os.environ}
    subprocess.run([sys.executable, *_MAKE_TABLES], env=environment, check=False)
    running = {
        name: subprocess.Popen([sys.executable, *command], env=environment)
        for name, command in commands.items()
    }
    try:
        while True:
            for name, process in running.items():
                if process.poll() is not None:
                    raise click.ClickException(
                        f"Dagster's {name} ended with exit code {process.returncode}; what it "
                        f"said is above. Is port {port} taken? Then: ml-pipeline dev --port 3001"
                    )
            time.sleep(0.5)
    except KeyboardInterrupt:
        pass
    finally:
        _stop(list(running.values()))


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _stop(processes: list["subprocess.Popen[bytes]"]) -> None:
    for process in processes:
        process.send_signal(signal.SIGINT)
    deadline = time.monotonic() + _STOP_SECONDS
    while any(process.poll() is None for process in processes) and time.monotonic() < deadline:
        time.sleep(0.1)
    for process in processes:
        process.kill()
