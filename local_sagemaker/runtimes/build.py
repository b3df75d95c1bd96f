"""Building a runtime: this machine's counterpart of pulling an image."""

import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from local_sagemaker.runtimes.finished import (
    finished,
    mark_finished,
    mark_prepared,
    prepared,
)
from local_sagemaker.runtimes.images.entry import applicable
from local_sagemaker.runtimes.import_check import import_command, import_failure
from local_sagemaker.runtimes.installing import install_commands, versions_command
from local_sagemaker.runtimes.interpreter import Interpreter, inspect
from local_sagemaker.runtimes.labelled_builds import (
    labelled_versions,
    nearest,
    with_versions,
)
from local_sagemaker.runtimes.locks import RuntimeLock
from local_sagemaker.runtimes.pip_settings import pip_environment
from local_sagemaker.runtimes.runtime import Runtime

RunCommand = Callable[[list[str], Mapping[str, str], Callable[[str], None], int], int]
"""Runs a command in an environment, hands on its output line by line, lets it inherit a descriptor,
and returns its exit code; ends it if it has to give up."""

_WAIT_SECONDS = 0.2
# What pip says that shows how far it is; all of it, warnings too, is told if it fails.
_PROGRESS = ("Collecting ", "Installing collected packages")
# venv keeps to itself why it failed, so a disk with less room than this is taken for the reason.
_FULL_BYTES = 16 * 1024 * 1024


class RuntimeBuildError(Exception):
    """A runtime could not be built; says what to change and where the log is."""


class RuntimeBuilder:
    """Finds or builds the environments of one home.

    Several processes may ask for the same runtime at once: one builds it, the others wait. What a
    builder has provided cannot be removed until it is released, or its process ends.

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
        self._held: list[RuntimeLock] = []

    def provide(self, runtime: Runtime) -> Interpreter:
        """The interpreter of a runtime, which is built if it is not there.

        Raises:
            RuntimeBuildError: It cannot be built; nothing of it is left.
            InterpreterError: The interpreter the user named does not run.
        """
        if runtime.python is not None:
            return inspect(runtime.python)
        lock = self._open_lock(runtime)
        try:
            interpreter = self._obtain(runtime, self._directory / runtime.key, lock)
            lock.touch()
        except BaseException:
            lock.close()
            raise
        self._held.append(lock)
        return interpreter

    def release(self) -> None:
        """Say that what was provided is no longer used."""
        while self._held:
            self._held.pop().close()

    def _obtain(self, runtime: Runtime, target: Path, lock: RuntimeLock) -> Interpreter:
        told = False
        while True:
            if lock.share():
                found = finished(target)
                if found:
                    return found
                # Two who keep what they share would both wait for ever to have it alone.
                lock.release()
            if lock.own():
                if not finished(target):
                    self._build(runtime, target, lock)
                lock.release()
                continue
            self._check()
            if not told:
                self._tell(f"Waiting for another job that builds the runtime {runtime.key}.")
            told = True
            time.sleep(_WAIT_SECONDS)

    def _build(self, runtime: Runtime, target: Path, lock: RuntimeLock) -> None:
        began = time.monotonic()
        try:
            self._prepare(runtime, target, lock)
            self._install(runtime, target, lock)
            self._check_imports(runtime, target, lock)
            mark_finished(target, inspect(target / "bin" / "python"))
        except OSError as error:
            shutil.rmtree(target, ignore_errors=True)
            raise RuntimeBuildError(self._explain(runtime, [str(error)])) from error
        except BaseException:
            shutil.rmtree(target, ignore_errors=True)
            raise
        self._tell(f"Built the runtime {runtime.key} in {time.monotonic() - began:.0f} s.")

    def _prepare(self, runtime: Runtime, target: Path, lock: RuntimeLock) -> None:
        if prepared(target):
            self._tell(
                f"Building the runtime {runtime.key} for {runtime.image} goes on where it was cut "
                f"off: {_contents(runtime)}"
            )
            return
        self._tell(
            f"Building the runtime {runtime.key} for {runtime.image}, once: {_contents(runtime)}"
        )
        shutil.rmtree(target, ignore_errors=True)
        lines: list[str] = []
        if self._step([sys.executable, "-m", "venv", str(target)], lines, lock):
            raise RuntimeBuildError(self._explain(runtime, lines))
        mark_prepared(target)

    def _install(self, runtime: Runtime, target: Path, lock: RuntimeLock) -> None:
        python = target / "bin" / "python"
        try:
            packages = self._with_nearest_builds(runtime, python, lock)
            log = self._log(runtime)
            commands = install_commands(runtime, packages, python, log, self._environment)
        except ValueError as error:
            raise RuntimeBuildError(
                f"the options for pip are not a command line: {error}"
            ) from error
        for command in commands:
            lines: list[str] = []
            if self._step(command, lines, lock):
                for line in lines:
                    self._tell(line)
                raise RuntimeBuildError(self._explain(runtime, lines))

    def _with_nearest_builds(self, runtime: Runtime, python: Path, lock: RuntimeLock) -> list[str]:
        found = {}
        for package, wanted in labelled_versions(runtime.packages).items():
            lines: list[str] = []
            self._step(versions_command(runtime, package, python, self._environment), lines, lock)
            version = nearest(wanted, lines)
            if version is None:
                for line in lines:
                    self._tell(line)
                raise RuntimeBuildError(_no_build(runtime, f"{package} {wanted}"))
            if version != wanted:
                self._tell(
                    f"The package index has no {package} {wanted}; here it is {version}, the "
                    "nearest such build that it has."
                )
            found[package] = version
        return with_versions(runtime.packages, found)

    def _check_imports(self, runtime: Runtime, target: Path, lock: RuntimeLock) -> None:
        command = import_command(target / "bin" / "python", runtime.known)
        if command is None:
            return
        lines: list[str] = []
        status = self._step(command, lines, lock)
        if status:
            for line in lines:
                self._tell(line)
            raise RuntimeBuildError(
                f"the runtime {runtime.key} for the image {runtime.image} was built, but does not "
                f"work on this machine: {import_failure(status, lines)}. Put right what it lacks, "
                f"or map the image to a Python environment of yours: ml-pipeline local image add "
                f"{runtime.image} --python /path/to/python"
            )

    def _step(self, command: list[str], lines: list[str], lock: RuntimeLock) -> int:
        def write(line: str) -> None:
            lines.append(line)
            if line.startswith(_PROGRESS):
                self._tell(line)

        # The child holds the lock too: if we are killed, nobody starts anew while it writes.
        return self._run(command, self._environment, write, lock.fileno())

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

    def _open_lock(self, runtime: Runtime) -> RuntimeLock:
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            return RuntimeLock(self._directory / f"{runtime.key}.lock")
        except OSError as error:
            raise RuntimeBuildError(
                f"the runtime {runtime.key} for the image {runtime.image} could not be built: "
                f"{error}. Make {self._directory} a directory that can be written"
            ) from error


def _contents(runtime: Runtime) -> str:
    if runtime.requirements is not None:
        return f"the packages of {runtime.requirements}"
    packages = applicable((*runtime.packages, *runtime.alone))
    return " ".join(f"{one.name}{one.specifier}" for one in packages) or "no packages"


def _no_build(runtime: Runtime, wanted: str) -> str:
    advice = f" {runtime.known.advice}" if runtime.known is not None else ""
    return (
        f"the runtime {runtime.key} for the image {runtime.image} could not be built: the package "
        f"index has no {wanted}, nor a build of another version with this label.{advice}"
    )
