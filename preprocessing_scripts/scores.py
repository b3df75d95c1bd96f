"""Figures of merit of predicted probabilities of a late arrival."""

import numpy as np
import numpy.typing as npt
from sklearn.metrics import average_precision_score, brier_score_loss, log_loss, roc_auc_score


def score(
    labels: npt.NDArray[np.int8], probabilities: npt.NDArray[np.float64]
) -> tuple[dict[str, float], list[str]]:
    """Score predictions.

    Args:
        labels: 0 or 1, shape (rows,).
        probabilities: Of label 1, shape (rows,).

    Returns:
        Metrics by name, and notes on what could not be measured: with a single class among the
        labels there is nothing to rank, so ``auc`` and ``average_precision`` are left out.
    """
    metrics = {
        "rows": float(len(labels)),
        "positive_rate": float(labels.mean()),
        "log_loss": float(log_loss(labels, probabilities, labels=[0, 1])),
        "brier": float(brier_score_loss(labels, probabilities)),
    }
    if labels.min() == labels.max():
        what = f"all {len(labels)} rows have label {int(labels[0])}"
        return metrics, [f"{what}: auc and average_precision are undefined"]
    metrics["auc"] = float(roc_auc_score(labels, probabilities))
    metrics["average_precision"] = float(average_precision_score(labels, probabilities))
    return metrics, []
