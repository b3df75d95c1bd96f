"""Virtual environments of clients, built with pip once and kept between runs of the tests."""

import fcntl
import hashlib
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REQUIREMENTS = Path(__file__).parent / "requirements"

_COMPLETE = "complete"
_PIP = ("-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-compile")


class NotBuiltError(Exception):
    """An environment could not be built; says what pip said."""


def client_python(name: str, cache: Path) -> Path:
    """The interpreter of a client's environment, built if it is not there.

    Any number of processes may ask at once, and one that was killed leaves nothing in the way.

    Args:
        name: The client: a file of ``requirements``.
        cache: Where environments are kept.

    Raises:
        NotBuiltError: pip failed.
    """
    requirements = REQUIREMENTS / f"{name}.txt"
    directory = cache / f"{name}-{_key(requirements)}"
    with _locked(cache / f"{name}.lock"):
        if not (directory / _COMPLETE).exists():
            for old in cache.glob(f"{name}-*"):
                shutil.rmtree(old)
            _build(directory, requirements)
            (directory / _COMPLETE).touch()
    return directory / "bin" / "python"


def _key(requirements: Path) -> str:
    """Another Python, or other requirements, make another environment."""
    base = f"{platform.python_version()} {sys.base_prefix}\n"
    return hashlib.sha256(base.encode() + requirements.read_bytes()).hexdigest()[:12]


def _build(directory: Path, requirements: Path) -> None:
    python = str(directory / "bin" / "python")
    for command in (
        (sys.executable, "-m", "venv", str(directory)),
        (python, *_PIP, "-r", str(requirements)),
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NotBuiltError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
