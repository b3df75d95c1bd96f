import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local_sagemaker.log_files import MAX_EVENT_BYTES, LogFiles

GROUP, STREAM = "/aws/sagemaker/ProcessingJobs", "job/algo-1-5"


def stream_file(root: Path) -> Path:
    LogFiles(root).writer(GROUP, STREAM).close()
    [path] = (path for path in root.rglob("*") if path.is_file())
    return path


def test_lines_come_back_in_order_with_times_that_never_decrease(tmp_path: Path) -> None:
    logs = LogFiles(tmp_path)
    writer = logs.writer(GROUP, STREAM)
    for line in ("first", "", "grüße\r", "two\nlines"):
        writer.write(line)
    events = list(logs.read(GROUP, STREAM))
    assert [event.message for event in events] == ["first", "", "grüße", "two lines"]
    assert sorted(event.timestamp for event in events) == [event.timestamp for event in events]
    assert [event.end for event in events[:-1]] == [event.start for event in events[1:]]
    assert list(logs.read(GROUP, STREAM, events[1].end)) == events[2:]


def test_a_line_that_is_too_long_becomes_several_events(tmp_path: Path) -> None:
    logs = LogFiles(tmp_path)
    logs.writer(GROUP, STREAM).write("x" * (MAX_EVENT_BYTES + 1))
    assert [len(event.message) for event in logs.read(GROUP, STREAM)] == [MAX_EVENT_BYTES, 1]


def test_a_line_that_is_half_written_waits(tmp_path: Path) -> None:
    stream_file(tmp_path).write_bytes(b"1 whole\n2 hal")
    assert [event.message for event in LogFiles(tmp_path).read(GROUP, STREAM)] == ["whole"]


def test_what_a_crash_left_is_readable(tmp_path: Path) -> None:
    stream_file(tmp_path).write_bytes(b"5 before\n\x00\x00\x00\n\xff\xfe\n7 after\n")
    times = [event.timestamp for event in LogFiles(tmp_path).read(GROUP, STREAM)]
    assert times == [5, 5, 5, 7]


def test_a_stream_does_not_end_before_it_begins(tmp_path: Path) -> None:
    path = stream_file(tmp_path)
    path.write_bytes(b"5000 line\n")
    os.utime(path, (4, 4))
    [stream] = LogFiles(tmp_path).streams(GROUP)
    assert stream.created == 5000 <= stream.modified


def test_groups_and_streams_are_listed_by_name(tmp_path: Path) -> None:
    logs = LogFiles(tmp_path / "none")
    assert logs.groups() == []
    for stream in ("b/algo-1-1", "a/algo-1-1", "ab/algo-1-1"):
        logs.writer(GROUP, stream).write("line")
    assert logs.groups() == [GROUP]
    assert [stream.name for stream in logs.streams(GROUP, "a")] == ["a/algo-1-1", "ab/algo-1-1"]
    with pytest.raises(FileNotFoundError):
        logs.streams("none")
    with pytest.raises(FileNotFoundError):
        list(logs.read(GROUP, "none"))


def test_no_name_leads_out_of_the_directory(tmp_path: Path) -> None:
    logs = LogFiles(tmp_path / "logs")
    logs.writer("../group", "../../stream").write("line")
    assert list(tmp_path.iterdir()) == [tmp_path / "logs"]
    assert [stream.name for stream in logs.streams("../group")] == ["../../stream"]


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(st.tuples(st.integers(0, 3), st.text("ab", max_size=9)), max_size=30),
    target=st.integers(0, 60),
)
def test_seek_finds_the_first_event_at_or_after_a_time(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, str]], target: int
) -> None:
    root = tmp_path_factory.mktemp("logs")
    time, lines = 0, b""
    for step, text in steps:
        time += step
        lines += f"{time} {text}\n".encode()
    stream_file(root).write_bytes(lines)
    logs = LogFiles(root)
    expected = next(
        (event.start for event in logs.read(GROUP, STREAM) if event.timestamp >= target),
        len(lines),
    )
    assert logs.seek(GROUP, STREAM, target) == expected
