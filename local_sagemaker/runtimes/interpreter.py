"""What has to be known of a Python to build on it."""

import json
import subprocess
from dataclasses import asdict, dataclass
from pathlib import Path

_QUESTION = """
import json, os, site, sys
print(json.dumps({
    "python": sys.executable,
    "base": os.path.realpath(sys.executable),
    "base_prefix": sys.base_prefix,
    "prefix": sys.prefix,
    "version": "%d.%d" % sys.version_info[:2],
    "packages": [path for path in site.getsitepackages() if os.path.isdir(path)],
}))
"""


class InterpreterError(Exception):
    """A Python does not run."""


@dataclass(frozen=True)
class Interpreter:
    """A Python and its packages.

    Args:
        python: Its executable, in its virtual environment if it has one.
        base: The executable itself, links resolved.
        base_prefix: Where it and its standard library are installed.
        prefix: Its virtual environment; the same as ``base_prefix`` if it has none.
        version: Such as ``3.11``.
        packages: The directories of its packages.
    """

    python: str
    base: str
    base_prefix: str
    prefix: str
    version: str
    packages: list[str]

    @property
    def environment(self) -> Path | None:
        """The directory of its virtual environment."""
        return None if self.prefix == self.base_prefix else Path(self.prefix)

    def to_json(self) -> str:
        """Everything, as text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Interpreter":
        """What ``to_json`` wrote; raises ``ValueError`` or ``TypeError`` for anything else."""
        return cls(**json.loads(text))


def inspect(python: Path) -> Interpreter:
    """Ask a Python about itself.

    Raises:
        InterpreterError: It does not run.
    """
    try:
        # -I: neither our environment nor our working directory is to influence the answer.
        done = subprocess.run(
            [str(python), "-I", "-c", _QUESTION], capture_output=True, text=True, check=True
        )
        return Interpreter.from_json(done.stdout)
    except (OSError, subprocess.CalledProcessError, ValueError, TypeError) as error:
        raise InterpreterError(f"{python} is not a Python that runs: {error}") from error
