"""Scripts run in the tests' own process: their ``__main__``, without the seconds of its imports."""

import io
import os
import runpy
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest import mock

import pytest


@dataclass(frozen=True)
class Ran:
    """How a script ended.

    Args:
        status: Its exit status.
        stdout: What it printed.
        stderr: Its errors.
    """

    status: int
    stdout: str
    stderr: str


def run_module(module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Ran:
    """Run a module as ``python -m`` does.

    Args:
        module: Its name.
        arguments: Its command line.
        environment: More of its environment.
    """
    stdout, stderr = io.StringIO(), io.StringIO()
    with (
        mock.patch.object(sys, "argv", [module, *arguments]),
        mock.patch.dict(os.environ, environment or {}),
        redirect_stdout(stdout),
        redirect_stderr(stderr),
        pytest.raises(SystemExit) as ended,
    ):
        runpy.run_module(module, run_name="__main__")
    return Ran(int(str(ended.value.code)), stdout.getvalue(), stderr.getvalue())
