"""Training as the hyperparameters and the channels ask."""

import json
import logging
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from .boosting import boost, save
from .channels import parse_channels
from .data import load
from .hyperparameters import parse_hyperparameters
from .reporting import UserError, log


def main() -> int:
    """Run the user's script, or train by the hyperparameters.

    Returns:
        The exit code.
    """
    base = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))
    hyperparameters = _read(base, "hyperparameters.json")
    if hyperparameters.get("sagemaker_program") or os.environ.get("SAGEMAKER_PROGRAM"):
        # The first argument is the directory of all programs.
        command = [sys.executable, sys.argv[0], "script_mode", *sys.argv[1:]]
        os.execv(sys.executable, command)  # noqa: S606
    # As in the image: a stop ends the training, and the job goes on to its uploads.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    logging.basicConfig(format="[%(asctime)s:%(levelname)s] %(message)s", level="INFO")
    try:
        _train(base, hyperparameters)
    except Exception as error:
        # The reason of a failed job is cut after 1024 characters: where our own code raised what
        # the user did wrong would leave no room for what it was.
        shown = traceback.format_exception_only(type(error), error)
        trace = "".join(shown) if isinstance(error, UserError) else traceback.format_exc()
        message = f"framework error: \n{trace}\n{error}"
        log.error(message)
        (base / "output").mkdir(exist_ok=True)
        (base / "output" / "failure").write_text(message, encoding="utf-8")
        return 1
    return 0


def _read(base: Path, name: str) -> "dict[str, Any]":
    path = base / "input" / "config" / name
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content


def _train(base: Path, hyperparameters: "dict[str, str]") -> None:
    log.info("Running XGBoost Sagemaker in algorithm mode")
    parameters = parse_hyperparameters(hyperparameters)
    channels = _read(base, "inputdataconfig.json")
    content_type = parse_channels(channels)
    hosts = _read(base, "resourceconfig.json")["hosts"]
    if len(hosts) > 1:
        raise UserError(
            f"The local service trains XGBoost's built-in algorithm on one instance, not on "
            f"{len(hosts)}: set InstanceCount to 1"
        )
    weights = parameters.get("csv_weights", 0) == 1
    data = base / "input" / "data"
    matrices = [(load(data / "train", content_type, weights), "train")]
    log.info("Single node training.")
    rows, columns = matrices[0][0].num_row(), matrices[0][0].num_col()
    log.info("Train matrix has %d rows and %d columns", rows, columns)
    if "validation" in channels:
        matrices.append((load(data / "validation", content_type, False), "validation"))
        log.info("Validation matrix has %d rows", matrices[1][0].num_row())
    model = boost(parameters, matrices)
    save(model, base / "model")


if __name__ == "__main__":
    sys.exit(main())
