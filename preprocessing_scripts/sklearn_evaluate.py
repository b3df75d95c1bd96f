"""SageMaker processing job: score a model on the holdout channel.

Reads ``<input>/model/model.tar.gz`` (which holds ``model.joblib``) and
``<input>/holdout/*.parquet``; writes ``<output>/report/report.json``. By hand::

    python -m preprocessing_scripts.sklearn_evaluate --input folder --output out
"""

import argparse
import sys
import tarfile
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import joblib
import numpy as np
import numpy.typing as npt
import pandas as pd

from preprocessing_scripts.channels import (
    LABEL,
    ChannelError,
    features_of,
    read_channel,
    schema_of,
)
from preprocessing_scripts.outcome import ArgumentParser, ScriptError, run_script, write_report
from preprocessing_scripts.progress import Progress, open_progress
from preprocessing_scripts.scores import score


class Classifier(Protocol):
    """What scikit-learn's classifiers have when they were fitted on a DataFrame."""

    feature_names_in_: npt.NDArray[np.object_]

    def predict_proba(self, features: pd.DataFrame, /) -> npt.NDArray[np.float64]:
        """Give class probabilities, shape (rows, 2)."""
        ...


def main(argv: Sequence[str] | None = None) -> None:
    """Run the job with command-line arguments."""
    parser = ArgumentParser(prog="sklearn_evaluate.py", description=__doc__)
    parser.add_argument("--input", type=Path, default=Path("/opt/ml/processing/input"))
    parser.add_argument("--output", type=Path, default=Path("/opt/ml/processing/output"))
    args = parser.parse_args(argv)
    with open_progress() as progress:
        evaluate(args, progress)


def evaluate(args: argparse.Namespace, progress: Progress) -> None:
    """Load, predict, score, report: the whole job."""
    started = time.monotonic()
    holdout = read_channel(args.input / "holdout")
    model = load_model(args.input / "model" / "model.tar.gz")
    progress.enter("scoring")
    progress.say(f"scoring {type(model).__name__} on {len(holdout)} rows")
    labels = holdout[LABEL].to_numpy()
    metrics, notes = score(labels, predict(model, features_of(holdout)))
    metrics |= baseline(labels) | {"seconds": round(time.monotonic() - started, 3)}
    details = {"notes": notes, "model": type(model).__name__}
    write_report(args.output / "report", metrics, schema_of(holdout), details)
    progress.say(
        " ".join(f"holdout:{name}={value:.6g};" for name, value in sorted(metrics.items()))
    )
    for note in notes:
        progress.say(f"note: {note}")


def baseline(labels: npt.NDArray[np.int8]) -> dict[str, float]:
    """Give what a constant prediction would reach that knows the day's share of late flights."""
    constant = np.full(len(labels), labels.mean())
    metrics, _ = score(labels, constant)
    return {
        f"baseline_{name}": metrics[name]
        for name in ("auc", "average_precision", "log_loss", "brier")
        if name in metrics
    }


def predict(model: Classifier, features: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Predict the probability of a late arrival, giving the model its columns in its own order.

    Raises:
        ScriptError: Features the model was trained on are missing, or it never saw some of these.
    """
    wanted = list(model.feature_names_in_)
    missing = [name for name in wanted if name not in features.columns]
    unknown = [name for name in features.columns if name not in wanted]
    if missing or unknown:
        raise ScriptError(
            "the holdout was not made by the preprocessing that the model was trained on: "
            f"missing features {missing[:5]}, unknown features {unknown[:5]}"
        )
    return model.predict_proba(features[wanted])[:, 1]


def load_model(archive: Path) -> Classifier:
    """Load ``model.joblib`` out of a model archive.

    Raises:
        ScriptError: The archive is missing, broken, unsafe or without a model.
    """
    with tempfile.TemporaryDirectory() as folder:
        extract(archive, Path(folder))
        path = Path(folder) / "model.joblib"
        if not path.is_file():
            raise ScriptError(f"{archive}: holds no model.joblib at its root")
        model: Classifier = joblib.load(path)
        return model


def extract(archive: Path, folder: Path) -> None:
    """Unpack an archive, refusing members that would leave the folder or are no plain files.

    Raises:
        ScriptError: The archive is missing, broken or unsafe.
    """
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar.getmembers():
                _check_member(member, archive, folder)
            # Python 3.10 before 3.10.12 has no filters; the check above stands alone there.
            safely: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
            tar.extractall(folder, **safely)  # noqa: S202 - each was checked
    except (OSError, EOFError, tarfile.TarError) as error:
        raise ScriptError(f"{archive}: not a model archive that can be read: {error}") from error


def _check_member(member: tarfile.TarInfo, archive: Path, folder: Path) -> None:
    target = (folder / member.name).resolve()
    if not target.is_relative_to(folder.resolve()):
        raise ScriptError(f"{archive}: member {member.name!r} would be written outside its folder")
    if not (member.isfile() or member.isdir()):
        raise ScriptError(f"{archive}: member {member.name!r} is not a plain file or folder")


if __name__ == "__main__":
    sys.exit(run_script(main, "message", expected=(ChannelError,)))
