"""The raw days as the window of a partition sees them: its own day and those before it.

Nothing runs to make it: whatever lands a day in ``raw_flights`` notes here what the day holds. It
stands between the two so that a backfill of some days makes those days, instead of sending each raw
day to every later partition whose window it is part of. A partition whose window holds a day that
was corrected since is shown as stale.
"""

import dagster as dg

from ml_pipeline.partitions import daily

raw_history = dg.AssetSpec(
    "raw_history",
    description=__doc__,
    deps=["raw_flights"],
    partitions_def=daily,
    group_name="flights",
    kinds={"s3", "csv"},
    owners=["team:ml"],
)
