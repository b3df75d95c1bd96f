"""The pip commands that fill a runtime's environment."""

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from local_sagemaker.runtimes.runtime import ALL, Runtime

_OPTIONS = "ML_PIPELINE_LOCAL_PIP_OPTIONS"


def install_commands(
    runtime: Runtime,
    packages: Iterable[str],
    python: Path,
    log: Path,
    environment: Mapping[str, str],
) -> list[list[str]]:
    """The commands that install a runtime, one after the other.

    Args:
        runtime: What to install.
        packages: Its packages, with the versions that the index has.
        python: Where: the environment's.
        log: For pip's log.
        environment: The user's; ``ML_PIPELINE_LOCAL_PIP_OPTIONS`` and, for one family of images,
            ``ML_PIPELINE_LOCAL_PIP_OPTIONS_<FAMILY>`` hold further options of pip.

    Raises:
        ValueError: One of these has a quotation mark too many; its name is in the message.
    """
    options = ["--progress-bar=off", f"--log={log}", *_sources(runtime.from_source)]
    pip = [*_pip(python, "install"), *options, *_own_options(runtime, environment)]
    wanted = list(packages)
    if runtime.requirements is not None:
        wanted += ["-r", str(runtime.requirements)]
    commands = [[*pip, *wanted]] if wanted else []
    if runtime.alone:
        commands.append([*pip, "--no-deps", *runtime.alone])
    return commands


def versions_command(
    runtime: Runtime, package: str, python: Path, environment: Mapping[str, str]
) -> list[str]:
    """The command that says which versions of a package the index has for a Python.

    Args and errors are those of ``install_commands``.
    """
    own = _own_options(runtime, environment)
    return [*_pip(python, "index", "versions"), *_sources(()), *own, package]


def _pip(python: Path, *command: str) -> list[str]:
    return [str(python), "-m", "pip", *command, "--disable-pip-version-check", "--no-input"]


def _sources(from_source: tuple[str, ...]) -> list[str]:
    if ALL in from_source:
        return ["--prefer-binary"]
    # Compiling a package from source would need compilers, and minutes.
    return ["--only-binary=:all:", *(f"--no-binary={name}" for name in from_source)]


def _own_options(runtime: Runtime, environment: Mapping[str, str]) -> list[str]:
    names = [_OPTIONS]
    if runtime.known is not None:
        names.append(f"{_OPTIONS}_{runtime.known.family.upper()}")
    return [option for name in names for option in _words(name, environment.get(name, ""))]


def _words(name: str, text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
