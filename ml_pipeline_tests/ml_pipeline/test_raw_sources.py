from pathlib import Path

import pytest

from ml_pipeline.raw_sources import FolderSource, MissingRawDataError, NycFlights13Source


@pytest.fixture(scope="module")
def source() -> NycFlights13Source:
    return NycFlights13Source()


def test_a_day_holds_the_lines_of_that_day_as_they_are(source: NycFlights13Source) -> None:
    day = source.day("2013-01-01")
    header, first, *rest = day["flights.csv"].splitlines()
    assert header.startswith(b"year,month,day,dep_time,sched_dep_time,")
    assert first == (
        b"2013,1,1,517,515,2,830,819,11,UA,1545,N14228,EWR,IAH,227,1400,5,15,2013-01-01T10:00:00Z"
    )
    assert len(rest) == 841
    assert all(line.split(b",")[1:4] == [b"2013", b"1", b"1"] for line in weather(day))


def weather(day: dict[str, bytes]) -> list[bytes]:
    return day["weather.csv"].splitlines()[1:]


def test_all_days_together_are_the_whole_table(source: NycFlights13Source) -> None:
    february = sum(
        source.day(f"2013-02-{day:02d}")["flights.csv"].count(b"\n") - 1 for day in range(1, 29)
    )
    assert february == 24951


def test_a_folder_names_the_file_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(MissingRawDataError, match=r"ds=2013-01-01/flights\.csv"):
        FolderSource(tmp_path).day("2013-01-01")
    with pytest.raises(MissingRawDataError, match=r"planes\.csv"):
        FolderSource(tmp_path).planes()


def test_a_folder_gives_the_bytes_it_holds(tmp_path: Path) -> None:
    day = tmp_path / "ds=2013-01-01"
    day.mkdir()
    for name in ("flights.csv", "weather.csv"):
        (day / name).write_bytes(name.encode())
    assert FolderSource(tmp_path).day("2013-01-01")["weather.csv"] == b"weather.csv"
