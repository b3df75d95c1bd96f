import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.ranges import Span, file_spans, parse_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", Span(0, 1)),
        ("bytes=3-99", Span(3, 7)),
        ("bytes=9-", Span(9, 1)),
        ("bytes=-4", Span(6, 4)),
        ("bytes=-99", Span(0, 10)),
        (None, None),
        ("bytes=5-2", None),
        ("bytes=-", None),
        ("bytes=0-1,3-4", None),
        ("lines=1-2", None),
        ("bytes=a-b", None),
    ],
)
def test_ranges_of_ten_bytes(header: str | None, expected: Span | None) -> None:
    assert parse_range(header, 10) == expected


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0)])
def test_ranges_without_a_byte(header: str, size: int) -> None:
    with pytest.raises(S3Error, match="InvalidRange"):
        parse_range(header, size)


@given(
    st.lists(st.binary(max_size=4), max_size=6),
    st.randoms(),
    st.integers(0, 20),
    st.integers(0, 20),
)
def test_a_span_of_scattered_parts_is_that_of_the_whole(
    parts: list[bytes], random: object, start: int, size: int
) -> None:
    # The parts lie in the file in reverse order, with a hole after each.
    file = b""
    layout: list[Span] = []
    for part in reversed(parts):
        layout.insert(0, Span(len(file), len(part)))
        file += part + b"--"
    whole = b"".join(parts)
    spans = list(file_spans(layout, Span(start, size)))
    assert b"".join(file[low : low + count] for low, count in spans) == whole[start : start + size]
    assert all(count for _, count in spans)


def test_neighbours_are_read_in_one_go() -> None:
    assert list(file_spans([Span(0, 5), Span(5, 5), Span(20, 5)], Span(1, 13))) == [
        Span(1, 9),
        Span(20, 4),
    ]
