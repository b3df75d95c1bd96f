"""How a script ends: with a ``report.json``, or with one clear line and a non-zero exit."""

import argparse
import json
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

from preprocessing_scripts.whole_files import whole_file

SAGEMAKER = Path("/opt/ml")
MAX_MESSAGE_BYTES = 1024


class ScriptError(ValueError):
    """Something the user can put right; its message is all that is printed."""


class ArgumentParser(argparse.ArgumentParser):
    """A parser whose errors reach the job's failure message too."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print."""
        raise ScriptError(f"{self.prog}: {message}")


def run_script(
    main: Callable[[], None],
    message_file: str,
    expected: Sequence[type[Exception]] = (),
    root: Path = SAGEMAKER,
) -> int:
    """Run a script and say how it ended.

    Args:
        main: The script's work.
        message_file: Name of the file under ``<root>/output`` that SageMaker shows as the reason:
            ``message`` in a processing job, ``failure`` in a training job.
        expected: Exceptions, besides ``ScriptError``, that explain themselves; any other one shows
            its traceback.
        root: Where SageMaker's folders are; without such a folder the reason is only printed.

    Returns:
        The exit status.
    """
    try:
        main()
    except Exception as error:
        if isinstance(error, (ScriptError, *expected)):
            message = str(error)
        else:
            traceback.print_exc()
            message = f"{type(error).__name__}: {error}"
    else:
        return 0
    message = " ".join(message.split())
    print(f"error: {message}", file=sys.stderr, flush=True)
    _leave_message(message, root / "output" / message_file, root)
    return 1


def _leave_message(message: str, path: Path, root: Path) -> None:
    # Outside a container there is no /opt/ml, and a script run by hand should not make one.
    if not root.is_dir():
        return
    text = message.encode()[:MAX_MESSAGE_BYTES].decode(errors="ignore")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        print(f"cannot write {path}: {error}", file=sys.stderr, flush=True)


def write_report(
    folder: Path,
    metrics: Mapping[str, float],
    schema: Sequence[Mapping[str, str]],
    details: Mapping[str, Any],
) -> None:
    """Write ``report.json``, the job's record.

    Args:
        folder: Where to; made when missing.
        metrics: Name -> finite number.
        schema: Columns as ``{"name": ..., "type": ...}``.
        details: Anything else that JSON can hold.
    """
    report = {"metrics": dict(metrics), "schema": list(schema), "details": dict(details)}
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(report, indent=2, allow_nan=False) + "\n"
    with whole_file(folder / "report.json") as unfinished:
        unfinished.write_text(text, encoding="utf-8")
