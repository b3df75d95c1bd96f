"""Processes of the tabular script that begin with its imports done."""

import os
import runpy
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from ml_pipeline_tests.forks import FORKS
from ml_pipeline_tests.preprocessing_scripts.tabular.scripts import MODULE, Ended, arguments


@dataclass(frozen=True)
class Forked:
    """A process that runs the script.

    Args:
        process: The process.
        folder: Where its input, its output and what it prints are.
    """

    process: BaseProcess
    folder: Path

    def finish(self) -> Ended:
        """Wait for its end."""
        self.process.join(120)
        status = self.process.exitcode
        assert status is not None, f"process {self.process.pid} has not ended"
        stdout, stderr = ((self.folder / name).read_text() for name in ("stdout", "stderr"))
        return Ended(status, stdout, stderr, self.folder / "out")


def start(
    folder: Path, spec: Mapping[str, Any], *more: str, first: Callable[[], None] | None = None
) -> Forked:
    """Start the script.

    Args:
        folder: Holds its input; takes its output.
        spec: What it does.
        more: More of its command line.
        first: What its process does before.
    """
    command = arguments(folder, spec, *more)
    process = FORKS.Process(target=_run, args=(folder, command, first))
    process.start()
    return Forked(process, folder)


def _run(folder: Path, command: list[str], first: Callable[[], None] | None) -> None:
    for name, stream in (("stdout", sys.stdout), ("stderr", sys.stderr)):
        with (folder / name).open("wb") as file:
            os.dup2(file.fileno(), stream.fileno())
    if first:
        first()
    sys.argv = [MODULE, *command]
    runpy.run_module(MODULE, run_name="__main__")
