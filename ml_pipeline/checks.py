"""Asset checks."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

auc_spec = dg.AssetCheckSpec(
    "auc_on_held_out_day",
    asset="model_evaluation",
    description="The AUC on the held-out day is at least ML_PIPELINE_MIN_AUC.",
)


def auc_check(report: Mapping[str, Any] | None, minimum: float) -> dg.AssetCheckResult:
    """Judge an evaluation by its report; a day on which the AUC is undefined does not pass.

    Args:
        report: The job's ``report.json``.
        minimum: The lowest AUC that passes, 0 to 1.
    """
    auc = (report or {}).get("metrics", {}).get("auc")
    return dg.AssetCheckResult(
        check_name=auc_spec.name,
        passed=auc is not None and auc >= minimum,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"minimum": minimum, **({} if auc is None else {"auc": auc})},
    )
