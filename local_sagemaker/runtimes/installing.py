"""The pip commands that fill a runtime's environment."""

import shlex
from collections.abc import Mapping
from pathlib import Path

from local_sagemaker.runtimes.runtime import ALL, Runtime

_OPTIONS = "ML_PIPELINE_LOCAL_PIP_OPTIONS"


def install_commands(
    runtime: Runtime, python: Path, log: Path, environment: Mapping[str, str]
) -> list[list[str]]:
    """Commands of which the first that succeeds is enough; none if there is nothing to install.

    Args:
        runtime: What to install.
        python: Where: the environment's.
        log: For pip's log.
        environment: The user's; ``ML_PIPELINE_LOCAL_PIP_OPTIONS`` and, for one family of images,
            ``ML_PIPELINE_LOCAL_PIP_OPTIONS_<FAMILY>`` hold further options of pip.

    Raises:
        ValueError: One of these has a quotation mark too many; its name is in the message.
    """
    packages = list(runtime.packages)
    if runtime.requirements is not None:
        packages += ["-r", str(runtime.requirements)]
    if not packages and not runtime.choices:
        return []
    pip = [str(python), "-m", "pip", "install"]
    pip += ["--disable-pip-version-check", "--no-input", "--progress-bar=off", f"--log={log}"]
    pip += _sources(runtime.from_source) + _own_options(runtime, environment)
    return [[*pip, *packages, *choice] for choice in runtime.choices or ((),)]


def not_found(lines: list[str]) -> bool:
    """Whether pip failed because the index does not have what was asked for."""
    return any(line.startswith("ERROR: No matching distribution") for line in lines)


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
