"""Whether a runtime's environment is complete."""

from pathlib import Path

from local_sagemaker.runtimes.interpreter import Interpreter

_MARKER = "runtime.json"
_PREPARED = "prepared"


def finished(target: Path) -> Interpreter | None:
    """The interpreter of an environment that is there to be used.

    The marker is written last; the link to the Python it was built with is dead once that is gone;
    and in a home that was copied from elsewhere, scripts point elsewhere.
    """
    try:
        interpreter = Interpreter.from_json((target / _MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError, TypeError):
        return None
    if Path(interpreter.prefix).resolve() != target.resolve():
        return None
    return interpreter if Path(interpreter.python).exists() else None


def mark_finished(target: Path, interpreter: Interpreter) -> None:
    """Say that the environment is complete."""
    part = target / f"{_MARKER}.part"
    part.write_text(interpreter.to_json(), encoding="utf-8")
    part.replace(target / _MARKER)


def prepared(target: Path) -> bool:
    """Whether the environment is there and only its packages are missing: a build was cut off."""
    try:
        where = (target / _PREPARED).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False
    return where == str(target.resolve()) and (target / "bin" / "python").exists()


def mark_prepared(target: Path) -> None:
    """Say that packages can be installed."""
    (target / _PREPARED).write_text(str(target.resolve()), encoding="utf-8")
