"""``dagster-webserver`` with one fault of Dagster 1.13 mended: plots of partitions that have ended.

Asked for the latest partitions, as an asset's *Plots* ask it, a definition with an end date answers
with days up to now, past its end. Of the days of 2013 none is among the latest 120 of them, so the
plots would be empty. Partitions without an end date (``ML_PIPELINE_END_DATE=``) are not affected.
"""

from typing import Any

import dagster as dg
from dagster_shared.record import replace
from dagster_webserver.cli import main

# The UI asks for 120 partitions. Those that have ended are looked at as a whole: a year of days.
_AT_LEAST = 366


def end_with_the_partitions() -> None:
    """Make a page of the latest partitions begin at the last one that there is."""
    paged = dg.TimeWindowPartitionsDefinition.get_paginated_partition_keys

    def within_the_end(
        self: dg.TimeWindowPartitionsDefinition,
        context: Any,
        limit: int,
        ascending: bool,
        cursor: str | None = None,
    ) -> Any:
        now = context.temporal_context
        if self.end is not None and self.end < now.effective_dt and not ascending:
            context = replace(context, temporal_context=replace(now, effective_dt=self.end))
            limit = max(limit, _AT_LEAST)
        return paged(self, context, limit, ascending, cursor)

    dg.TimeWindowPartitionsDefinition.get_paginated_partition_keys = within_the_end  # type: ignore[method-assign]


if __name__ == "__main__":
    end_with_the_partitions()
    main()  # type: ignore[no-untyped-call]
