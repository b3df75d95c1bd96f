"""Log streams that are seen late."""

from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.api.log_filtering import filter_log_events
from local_sagemaker.api.logs_api import LogOperations
from local_sagemaker.faults import late_logs
from local_sagemaker.faults.late_logs import LateLogFiles
from local_sagemaker.faults.model import Fault
from local_sagemaker.faults.registry import Faults
from local_sagemaker.log_files import LogFiles

GROUP, STREAM = "/aws/sagemaker/ProcessingJobs", "job/algo-1-1"


class Clock:
    """The time, for writers and readers."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def time(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(late_logs, "time", clock)
    monkeypatch.setattr("local_sagemaker.log_files.time", clock)
    return clock


def messages(answer: dict[str, Any]) -> list[str]:
    return [event["message"] for event in answer["events"]]


def test_events_are_seen_when_their_time_has_come(tmp_path: Path, clock: Clock) -> None:
    faults = Faults()
    faults.put("late", Fault("late-logs", seconds=10.0))
    files = LateLogFiles(tmp_path, faults)
    reading = LogOperations(files)
    writer = LogFiles(tmp_path).writer(GROUP, STREAM)
    where = {"logGroupName": GROUP, "logStreamName": STREAM}

    writer.write("at 0")
    clock.now += 4
    writer.write("at 4")
    assert reading.describe_log_streams({"logGroupName": GROUP})["logStreams"] == []
    assert messages(filter_log_events(files, {"logGroupName": GROUP})) == []
    empty = reading.get_log_events({**where, "startFromHead": True})
    assert messages(empty) == []

    clock.now += 7  # 11
    streams = reading.describe_log_streams({"logGroupName": GROUP})["logStreams"]
    assert [stream["logStreamName"] for stream in streams] == [STREAM]
    assert messages(filter_log_events(files, {"logGroupName": GROUP})) == ["at 0"]
    following = {**where, "startFromHead": True, "nextToken": empty["nextForwardToken"]}
    first = reading.get_log_events(following)
    assert messages(first) == ["at 0"]
    assert messages(reading.get_log_events(where)) == ["at 0"]  # from the end

    writer.write("at 11")
    clock.now += 4  # 15
    token = {**where, "nextToken": first["nextForwardToken"]}
    second = reading.get_log_events(token)
    assert messages(second) == ["at 4"]
    assert reading.get_log_events({**where, "nextToken": second["nextForwardToken"]}) == {
        **second,
        "events": [],
        "nextBackwardToken": second["nextForwardToken"].replace("f/", "b/"),
    }
    clock.now += 100
    assert messages(reading.get_log_events({**where, "startTime": 1_000_004_000})) == [
        "at 4",
        "at 11",
    ]
    # All of them once, in order, to a reader who follows the tokens.
    rest = reading.get_log_events({**where, "nextToken": second["nextForwardToken"]})
    assert messages(rest) == ["at 11"]


def test_other_streams_are_not_late(tmp_path: Path, clock: Clock) -> None:
    faults = Faults()
    faults.put("late", Fault("late-logs", seconds=10.0, log_stream="slow/*"))
    files = LateLogFiles(tmp_path, faults)
    for name in ("slow/algo-1-1", "quick/algo-1-1"):
        files.writer(GROUP, name).write("line")
    assert [stream.name for stream in files.streams(GROUP)] == ["quick/algo-1-1"]
    assert [event.message for event in files.read(GROUP, "quick/algo-1-1")] == ["line"]
    assert list(files.read(GROUP, "slow/algo-1-1")) == []
    faults.clear()
    assert len(files.streams(GROUP)) == 2
