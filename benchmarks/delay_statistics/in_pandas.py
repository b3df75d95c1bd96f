"""The processing job in pandas: what ``route_statistics.py`` counts over the whole window.

It runs where nothing but pandas is: it imports nothing of this project.
"""

from pathlib import Path

import pandas as pd

INPUT = Path("/opt/ml/processing/input/raw")
OUTPUT = Path("/opt/ml/processing/output/statistics")
FLIGHTS = ["year", "arr_delay", "carrier", "tailnum", "origin", "dest", "hour", "time_hour"]


def read(name: str, columns: list[str]) -> pd.DataFrame:
    """One kind of table, of all folders."""
    paths = sorted(INPUT.glob(f"ds=*/{name}.csv"))
    return pd.concat([pd.read_csv(path, usecols=columns) for path in paths], ignore_index=True)


def main() -> None:
    """Read, join, count, write."""
    flights = read("flights", FLIGHTS)
    weather = read("weather", ["origin", "time_hour", "precip", "visib", "wind_gust"])
    bad = (weather["precip"] > 0) | (weather["visib"] < 3) | (weather["wind_gust"] >= 30)
    weather = weather.assign(bad=bad)[["origin", "time_hour", "bad"]]
    planes = pd.read_csv(INPUT / "planes.csv", usecols=["tailnum", "year"])
    planes = planes.rename(columns={"year": "built"}).drop_duplicates("tailnum")
    flights = flights.merge(
        weather.drop_duplicates(["origin", "time_hour"]), on=["origin", "time_hour"], how="left"
    ).merge(planes, on="tailnum", how="left")
    arrived, late = flights["arr_delay"].notna(), flights["arr_delay"] >= 15
    in_bad = arrived & flights["bad"].fillna(False).astype(bool)
    age = flights["year"] - flights["built"]
    counted = pd.DataFrame(
        {
            "flights": 1,
            "arrived": arrived.astype(int),
            "late": late.astype(int),
            "delay_minutes": flights["arr_delay"].fillna(0.0),
            "arrived_in_bad_weather": in_bad.astype(int),
            "late_in_bad_weather": (in_bad & late).astype(int),
            "planes_known": age.notna().astype(int),
            "plane_years": age.fillna(0).astype(int),
        }
    )
    keys = {
        "carrier": flights["carrier"],
        "route": flights["origin"] + "-" + flights["dest"],
        "hour": flights["hour"].astype(str),
    }
    tables = {level: counted.groupby(key.rename("key")).sum() for level, key in keys.items()}
    statistics = pd.concat(tables, names=["level"]).reset_index()
    statistics["late_rate"] = statistics["late"] / statistics["arrived"]
    OUTPUT.mkdir(parents=True, exist_ok=True)
    statistics.to_parquet(OUTPUT / "part-0.parquet", index=False)


if __name__ == "__main__":
    main()
