"""SageMaker training job, script mode: fit the flight-delay model.

Reads the channels ``train`` and ``validation``; writes ``model.joblib`` to the model folder and
``report.json`` to the output data folder. Prints its metrics as ``validation:auc=0.6612;`` for
metric definitions such as ``validation:auc=([0-9.]+);``.

The model is a vote of gradient boosting, which finds interactions, and logistic regression, which
does not overfit a rare day. Recent days weigh more. It is first fitted on ``train`` and measured on
``validation``; what is saved is then fitted on both, because validation holds the most recent days
(``--refit false`` saves the first).

By hand::

    export SM_CHANNEL_TRAIN=out/train SM_CHANNEL_VALIDATION=out/validation
    export SM_MODEL_DIR=model SM_OUTPUT_DATA_DIR=report
    python -m training_scripts.sklearn_train --max-iter 100
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import joblib
import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from preprocessing_scripts.channels import (
    DAY,
    LABEL,
    ChannelError,
    check_same_schema,
    features_of,
    read_channel,
    schema_of,
)
from preprocessing_scripts.outcome import ArgumentParser, ScriptError, run_script, write_report
from preprocessing_scripts.progress import Progress, open_progress
from preprocessing_scripts.scores import score
from preprocessing_scripts.whole_files import whole_file


def main(argv: Sequence[str] | None = None) -> None:
    """Run the job with hyperparameters as arguments."""
    args = parse_arguments(argv)
    with open_progress() as progress:
        train(args, progress)


def parse_arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    """Parse the hyperparameters; the folders come from script mode's environment.

    Raises:
        ScriptError: A hyperparameter is unknown or impossible.
    """
    parser = ArgumentParser(prog="sklearn_train.py", description=__doc__)
    parser.add_argument("--learning-rate", type=float, default=0.1, help="of the boosting")
    parser.add_argument("--max-iter", type=int, default=60, help="trees of the boosting")
    parser.add_argument("--max-leaf-nodes", type=int, default=31, help="leaves of a tree")
    parser.add_argument("--min-samples-leaf", type=int, default=40, help="flights in a leaf")
    parser.add_argument("--l2", type=float, default=1.0, help="regularization of the boosting")
    parser.add_argument(
        "--c", type=float, default=0.1, help="inverse regularization of the regression"
    )
    parser.add_argument(
        "--half-life-days", type=float, default=5.0, help="age at which a day weighs half"
    )
    parser.add_argument("--refit", choices=["true", "false"], type=str.lower, default="true")
    parser.add_argument("--threads", type=int, default=1, help="of OpenMP and BLAS")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args(argv)
    if args.half_life_days <= 0:
        parser.error(f"--half-life-days must be positive, not {args.half_life_days}")
    return args


def train(args: argparse.Namespace, progress: Progress) -> None:
    """Read, fit, measure, refit, save: the whole job."""
    channels = read_channels()
    for name, frame in channels.items():
        progress.say(f"{name}: {len(frame)} rows, {frame.shape[1] - 2} features")
    started = time.monotonic()
    progress.enter("fitting")
    # Threads wait for one another by spinning: on cores shared with other jobs, one is faster.
    with threadpool_limits(args.threads):
        model = fit(args, channels["train"])
        metrics, notes = measure(model, channels)
        aucs = [name for name in metrics if name.endswith("_auc")]
        progress.say(" ".join(f"{name.replace('_', ':')}={metrics[name]:.6f};" for name in aucs))
        if args.refit == "true":
            progress.enter("fitting again, on train and validation")
            model = fit(args, pd.concat(channels.values(), ignore_index=True))
    metrics["fit_seconds"] = round(time.monotonic() - started, 3)
    save(model, folder_of("SM_MODEL_DIR", "/opt/ml/model"))
    details = {
        "notes": notes,
        "hyperparameters": vars(args),
        "features": list(model.feature_names_in_),
    }
    report = folder_of("SM_OUTPUT_DATA_DIR", "/opt/ml/output/data")
    write_report(report, metrics, schema_of(features_of(channels["train"])), details)
    progress.say(f"fitted in {metrics['fit_seconds']:.1f} s")


def folder_of(variable: str, default: str) -> Path:
    """Give the folder that script mode names in a variable, else SageMaker's own path."""
    return Path(os.environ.get(variable) or default)


def read_channels() -> dict[str, pd.DataFrame]:
    """Read both channels.

    Raises:
        ChannelError: One is missing or empty, or they differ in columns.
        ScriptError: ``train`` holds a single class.
    """
    folders = {
        name: folder_of(f"SM_CHANNEL_{name.upper()}", f"/opt/ml/input/data/{name}")
        for name in ("train", "validation")
    }
    channels = {name: read_channel(folder) for name, folder in folders.items()}
    check_same_schema(
        channels["train"], channels["validation"], str(folders["train"]), str(folders["validation"])
    )
    labels = channels["train"][LABEL]
    if labels.nunique() < 2:
        raise ScriptError(
            f"{folders['train']}: all {len(labels)} rows have label {labels.iloc[0]}: "
            "nothing to learn; widen the window"
        )
    return channels


def fit(args: argparse.Namespace, frame: pd.DataFrame) -> VotingClassifier:
    """Fit the model; on a DataFrame, so that it keeps the names and order of its features."""
    boosting = HistGradientBoostingClassifier(
        learning_rate=args.learning_rate,
        max_iter=args.max_iter,
        max_leaf_nodes=args.max_leaf_nodes,
        min_samples_leaf=args.min_samples_leaf,
        l2_regularization=args.l2,
        max_bins=63,
        early_stopping=False,
        random_state=args.seed,
    )
    regression = LogisticRegression(C=args.c, max_iter=500)
    model = VotingClassifier([("boosting", boosting), ("regression", regression)], voting="soft")
    model.fit(
        features_of(frame), frame[LABEL], sample_weight=recency(frame[DAY], args.half_life_days)
    )
    return model


def recency(days: "pd.Series[str]", half_life: float) -> npt.NDArray[np.float64]:
    """Weigh rows by age: 1 on the latest day, one half ``half_life`` days earlier."""
    dates = pd.to_datetime(days)
    age = (dates.max() - dates).dt.days.to_numpy()
    weights: npt.NDArray[np.float64] = 0.5 ** (age / half_life)
    return weights


def measure(
    model: VotingClassifier, channels: dict[str, pd.DataFrame]
) -> tuple[dict[str, float], list[str]]:
    """Score the model on both channels; a single class has no AUC, and a note says so."""
    metrics: dict[str, float] = {}
    notes = []
    for name, frame in channels.items():
        scores, undefined = score(
            frame[LABEL].to_numpy(), model.predict_proba(features_of(frame))[:, 1]
        )
        metrics |= {
            f"{name}_{metric}": scores[metric]
            for metric in ("rows", "auc", "log_loss")
            if metric in scores
        }
        notes += [f"{name}: {note}" for note in undefined]
    metrics["n_features"] = len(model.feature_names_in_)
    return metrics, notes


def save(model: VotingClassifier, folder: Path) -> None:
    """Write ``model.joblib``."""
    folder.mkdir(parents=True, exist_ok=True)
    with whole_file(folder / "model.joblib") as unfinished:
        joblib.dump(model, unfinished, compress=3)


if __name__ == "__main__":
    sys.exit(run_script(main, "failure", expected=(ChannelError,)))
