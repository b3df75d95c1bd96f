from hypothesis import given
from hypothesis import strategies as st

from local_sagemaker.jobs.lines import LineSplitter
from local_sagemaker.log_files import MAX_EVENT_BYTES


def split(*chunks: bytes) -> list[str]:
    lines: list[str] = []
    splitter = LineSplitter(lines.append)
    for chunk in chunks:
        splitter.feed(chunk)
    splitter.close()
    return lines


def test_lines_and_a_last_one_without_an_end() -> None:
    assert split(b"a\nb\n\nc") == ["a", "b", "", "c"]


def test_a_progress_bar_is_seen_as_it_moves() -> None:
    lines: list[str] = []
    splitter = LineSplitter(lines.append)
    splitter.feed(b"\r10%")
    splitter.feed(b"\r20%\r")
    assert lines == ["10%", "20%"]
    splitter.feed(b"\n\r\nend\r\n")
    assert lines == ["10%", "20%", "", "end"]


def test_what_is_not_utf8_is_replaced() -> None:
    assert split(b"a\xffb\n") == ["a\ufffdb"]


def test_a_character_may_arrive_in_two_chunks() -> None:
    assert split(b"\xc3", b"\xa9\n") == ["é"]


def test_an_endless_line_comes_in_parts_and_loses_nothing() -> None:
    text = "é" * MAX_EVENT_BYTES
    lines = split(*[text.encode()[at : at + 65536] for at in range(0, len(text.encode()), 65536)])
    assert "".join(lines) == text
    assert max(len(line.encode()) for line in lines) <= MAX_EVENT_BYTES


@given(st.lists(st.text("ab\n", max_size=6)))
def test_the_borders_of_chunks_do_not_matter(chunks: list[str]) -> None:
    text = "".join(chunks)
    assert split(*[chunk.encode() for chunk in chunks]) == text.splitlines()
