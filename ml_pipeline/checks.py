"""Asset checks."""

import json
from collections.abc import Mapping
from typing import Any

import dagster as dg

from ml_pipeline.partitions import daily
from ml_pipeline.settings import Settings


def auc_of(report: Mapping[str, Any] | None) -> float | None:
    """The AUC in a job's ``report.json``; None where it is undefined."""
    auc: float | None = (report or {}).get("metrics", {}).get("auc")
    return auc


def is_good_enough(auc: float | None, minimum: float) -> bool:
    """Whether a model may become champion; one whose AUC is undefined may not."""
    return auc is not None and auc >= minimum


# A step of its own: one that is part of the asset's step would keep it from ending without a
# result, as it does when its job is left running.
@dg.asset_check(
    asset="model_evaluation",
    description="The AUC on the held-out day is at least ML_PIPELINE_MIN_AUC.",
    partitions_def=daily,
)
def auc_on_held_out_day(
    settings: dg.ResourceParam[Settings], model_evaluation: dict[str, bytes]
) -> dg.AssetCheckResult:
    """Judge the evaluations of a run: the check passes if each of its days does."""
    scores = {ds: auc_of(json.loads(report)) for ds, report in model_evaluation.items()}
    minimum = settings.min_auc
    failed = [ds for ds, auc in scores.items() if not is_good_enough(auc, minimum)]
    known = [auc for auc in scores.values() if auc is not None]
    return dg.AssetCheckResult(
        passed=not failed,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "minimum": minimum,
            **({"auc": min(known)} if known else {}),
            **({"failed": ", ".join(failed)} if failed else {}),
        },
    )
