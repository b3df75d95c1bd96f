"""Asset checks."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

auc_spec = dg.AssetCheckSpec(
    "auc_on_held_out_day",
    asset="model_evaluation",
    description="The AUC on the held-out day is at least ML_PIPELINE_MIN_AUC.",
)


def auc_of(report: Mapping[str, Any] | None) -> float | None:
    """The AUC in a job's ``report.json``; None where it is undefined."""
    auc: float | None = (report or {}).get("metrics", {}).get("auc")
    return auc


def is_good_enough(auc: float | None, minimum: float) -> bool:
    """Whether a model may become champion; one whose AUC is undefined may not."""
    return auc is not None and auc >= minimum


def auc_check(scores: Mapping[str, float | None], minimum: float) -> dg.AssetCheckResult:
    """Judge the evaluations of a run: the check passes if each of its days does.

    Args:
        scores: The AUC by day.
        minimum: The lowest AUC that passes, 0 to 1.
    """
    failed = [ds for ds, auc in scores.items() if not is_good_enough(auc, minimum)]
    known = [auc for auc in scores.values() if auc is not None]
    return dg.AssetCheckResult(
        check_name=auc_spec.name,
        passed=not failed,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "minimum": minimum,
            **({"auc": min(known)} if known else {}),
            **({"failed": ", ".join(failed)} if failed else {}),
        },
    )
