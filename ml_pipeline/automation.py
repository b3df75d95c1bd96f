"""What is made without being asked for: what follows a job that no run waited for."""

from typing import Any

import dagster as dg

from ml_pipeline.settings import Settings


def follows_its_inputs(settings: Settings) -> dg.AutomationCondition[Any] | None:
    """A partition is made when its inputs have been; only if runs do not wait for their jobs.

    A run that waits makes all that was selected. One that does not ends before its inputs are
    there, so that what comes after them has to follow by itself, days of long ago included, which
    ``AutomationCondition.eager`` leaves out.
    """
    if settings.wait_for_completion:
        return None
    condition = dg.AutomationCondition
    return (
        condition.any_deps_updated().since_last_handled()
        & ~condition.any_deps_missing()
        & ~condition.any_deps_in_progress()
        & ~condition.in_progress()
    ).with_label("follows its inputs")
