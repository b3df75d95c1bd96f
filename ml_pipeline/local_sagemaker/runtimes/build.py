"""Building a runtime: this machine's counterpart of pulling an image."""

import fcntl
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ml_pipeline.local_sagemaker.runtimes.catalog import Runtime
from ml_pipeline.local_sagemaker.runtimes.interpreter import Interpreter, inspect
from ml_pipeline.local_sagemaker.runtimes.pip_settings import pip_environment

RunCommand = Callable[[list[str], Mapping[str, str], Callable[[str], None], int], int]
"""Runs a command in an environment, hands on its output line by line, lets it inherit a descriptor,
and returns its exit code; ends it if it has to give up."""

_WAIT_SECONDS = 0.2
_MARKER = "runtime.json"
# venv keeps to itself why it failed, so a disk with less room than this is taken for the reason.
_FULL_BYTES = 16 * 1024 * 1024


class RuntimeBuildError(Exception):
    """A runtime could not be built; says what to change and where the log is."""


class RuntimeBuilder:
    """Finds or builds the environments of one home.

    Several processes may ask for the same runtime at once: one builds it, the others wait.

    Args:
        directory: Holds an environment a runtime.
        environment: The user's, for the settings of pip.
        run: Runs a command; see ``RunCommand``.
        check: Called now and then; raises if the building, or the waiting, is to end.
        tell: Receives lines that say how it goes on.
    """

    def __init__(
        self,
        directory: Path,
        environment: Mapping[str, str],
        run: RunCommand,
        check: Callable[[], None],
        tell: Callable[[str], None],
    ) -> None:
        self._directory = directory
        self._environment = pip_environment(environment)
        self._run = run
        self._check = check
        self._tell = tell

    def provide(self, runtime: Runtime) -> Interpreter:
        """The interpreter of a runtime, which is built if it is not there.

        Raises:
            RuntimeBuildError: It cannot be built; nothing of it is left.
            InterpreterError: The interpreter the user named does not run.
        """
        if runtime.python is not None:
            return inspect(runtime.python)
        target = self._directory / runtime.key
        found = _finished(target)
        if found:
            return found
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._lock(runtime) as lock:
            found = _finished(target)
            if found:
                return found
            try:
                return self._build(runtime, target, lock)
            except BaseException:
                shutil.rmtree(target, ignore_errors=True)
                raise

    def _build(self, runtime: Runtime, target: Path, lock: int) -> Interpreter:
        self._tell(
            f"Building the runtime {runtime.key} for {runtime.image}, once: "
            f"{' '.join(runtime.packages) or 'no packages'}"
        )
        began = time.monotonic()
        shutil.rmtree(target, ignore_errors=True)
        self._run_step(runtime, [sys.executable, "-m", "venv", str(target)], lock)
        python = target / "bin" / "python"
        if runtime.packages:
            options = ["--disable-pip-version-check", "--no-input", "--progress-bar=off"]
            # Compiling a package from source would need compilers, and minutes.
            options += ["--only-binary=:all:", f"--log={self._log(runtime)}"]
            pip = [str(python), "-m", "pip", "install", *options]
            self._run_step(runtime, [*pip, *runtime.packages], lock)
        interpreter = inspect(python)
        part = target / f"{_MARKER}.part"
        part.write_text(interpreter.to_json(), encoding="utf-8")
        part.replace(target / _MARKER)
        self._tell(f"Built the runtime {runtime.key} in {time.monotonic() - began:.0f} s.")
        return interpreter

    def _run_step(self, runtime: Runtime, command: list[str], lock: int) -> None:
        lines: list[str] = []

        def write(line: str) -> None:
            lines.append(line)
            self._tell(line)

        # The child holds the lock too: if we are killed, nobody starts anew while it writes.
        if self._run(command, self._environment, write, lock):
            raise RuntimeBuildError(self._explain(runtime, lines))

    def _explain(self, runtime: Runtime, lines: list[str]) -> str:
        errors = [line for line in lines if line.startswith("ERROR")] or lines
        said = errors[-1].strip() if errors else "it said nothing"
        full = shutil.disk_usage(self._directory).free < _FULL_BYTES
        if full or any("No space left on device" in line for line in lines):
            advice = f"Free space on the disk of {self._directory}"
        else:
            advice = (
                "Check that the package index can be reached: PIP_INDEX_URL or pip.conf for the "
                "index, HTTPS_PROXY and NO_PROXY for a proxy, and restart the service with them"
            )
        return (
            f"the runtime {runtime.key} for the image {runtime.image} could not be built: {said}. "
            f"{advice}. pip's log: {self._log(runtime)}"
        )

    def _log(self, runtime: Runtime) -> Path:
        return self._directory / f"{runtime.key}.pip.log"

    @contextmanager
    def _lock(self, runtime: Runtime) -> Iterator[int]:
        path = self._directory / f"{runtime.key}.lock"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        told = False
        try:
            while not _locked(descriptor):
                self._check()
                if not told:
                    self._tell(f"Waiting for another job that builds the runtime {runtime.key}.")
                told = True
                time.sleep(_WAIT_SECONDS)
            yield descriptor
        finally:
            os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _finished(target: Path) -> Interpreter | None:
    # The marker is written last; the link is dead once the Python it was built with is gone.
    try:
        interpreter = Interpreter.from_json((target / _MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return None
    if Path(interpreter.prefix).resolve() != target.resolve():
        return None  # the home was copied from elsewhere
    return interpreter if Path(interpreter.python).exists() else None
