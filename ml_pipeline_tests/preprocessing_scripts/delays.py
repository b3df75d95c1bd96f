"""What ``route_statistics`` counts, by pandas."""

import pandas as pd


def counted(flights: pd.DataFrame) -> pd.DataFrame:
    """Flights that arrived, and those of them that were late, by day, level and key.

    Args:
        flights: Raw flights.
    """
    known = flights[flights["arr_delay"].notna()]
    keys = {
        "carrier": known["carrier"],
        "route": known["origin"] + "-" + known["dest"],
        "hour": known["hour"].astype(str),
    }
    day = pd.to_datetime(known[["year", "month", "day"]]).dt.strftime("%Y-%m-%d")
    late = known["arr_delay"] >= 15
    parts = [
        late.groupby([day.rename("day"), key.rename("key")])
        .agg(arrived="size", late="sum")
        .reset_index()
        .assign(level=level)
        for level, key in keys.items()
    ]
    return pd.concat(parts, ignore_index=True)
