from pathlib import Path

import pandas as pd
import pytest

from preprocessing_scripts.custom_image_features import COLUMNS, main
from preprocessing_scripts.outcome import ScriptError

HEADER = "carrier,origin,dest,distance,sched_dep_time,hour\n"


def run(folder: Path, flights: str) -> pd.DataFrame:
    raw = folder / "input" / "raw"
    raw.mkdir(parents=True)
    (raw / "flights.csv").write_text(flights)
    main(["--input", str(folder / "input"), "--output", str(folder / "output")])
    return pd.read_csv(folder / "output" / "features" / "features.csv")


def test_each_flight_has_its_features(tmp_path: Path) -> None:
    features = run(
        tmp_path, HEADER + "UA,EWR,IAH,1400,600,6\nAA,EWR,MIA,1085,645,6\nDL,JFK,ATL,760,1800,18\n"
    )
    assert list(features) == list(COLUMNS)
    assert features["departures_in_hour"].tolist() == [2, 2, 1]
    # Six in the morning is a quarter of the way round the day, and six in the evening three.
    assert features["time_sin"].tolist() == [1.0, 0.980785, -1.0]
    assert features["distance"].tolist() == [1400, 1085, 760]


def test_a_day_without_flights_has_no_features(tmp_path: Path) -> None:
    assert len(run(tmp_path, HEADER)) == 0


def test_a_column_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match="has no column sched_dep_time, hour"):
        run(tmp_path, "carrier,origin,dest,distance\n")
    with pytest.raises(ScriptError, match=r"flights\.csv does not exist"):
        main(["--input", str(tmp_path / "nowhere"), "--output", str(tmp_path / "output")])
