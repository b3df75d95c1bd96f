"""Running the user's script as the hyperparameters ask."""

import logging
import os
import sys
import traceback
from pathlib import Path

from .environment import arguments_of, values_of, variables_of
from .files import TrainingFiles
from .reporting import ScriptError, log
from .running import prepared, run
from .source import provide

_CALLS_SHOWN = 3


def main() -> int:
    """Run the user's script as the hyperparameters ask.

    Returns:
        The exit code: whatever the script's own failure was, 1.
    """
    files = TrainingFiles(Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")))
    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)-8s %(message)s", level="INFO")
    # What boto3 finds out about credentials and endpoints is no news to the job's reader.
    logging.getLogger("botocore").setLevel("WARNING")
    try:
        _train(files)
    except ScriptError as error:
        return _fail(files, str(error))
    except Exception as error:
        code = getattr(error, "errno", None) or 1
        # A reason is cut after 1024 characters, and the first calls, our own, say the least.
        trace = traceback.format_exc(limit=-_CALLS_SHOWN)
        return _fail(files, f"Framework Error: \n{trace}\n{error}", code)
    (files.output / "success").touch()
    return 0


def _train(files: TrainingFiles) -> None:
    everything = files.hyperparameters()
    own = {key: value for key, value in everything.items() if key.startswith("sagemaker_")}
    users = {key: value for key, value in everything.items() if key not in own}
    program = own.get("sagemaker_program") or os.environ.get("SAGEMAKER_PROGRAM")
    if not program:
        raise ScriptError("The hyperparameter sagemaker_program (the entry point) is missing")
    entry_point = str(program)
    provide(entry_point, own.get("sagemaker_submit_directory"), files.code)
    arguments = arguments_of(users)
    values = values_of(files, own, users, entry_point)
    environment = {**os.environ, **variables_of(files, own, users, values, arguments)}
    command = prepared(files.code, entry_point, arguments, environment)
    run("ExecuteUserScriptError", command, files.code, environment)


def _fail(files: TrainingFiles, message: str, code: int = 1) -> int:
    log.error(message)
    failure = files.output / "failure"
    if not failure.exists():
        failure.write_text(message, encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main())
