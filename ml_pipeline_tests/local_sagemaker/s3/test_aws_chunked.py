import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.http.aws_chunked import AwsChunkedDecoder


def encode(chunks: list[bytes], trailer: bytes = b"", extension: bytes = b"") -> bytes:
    framed = [b"%x%s\r\n%s\r\n" % (len(chunk), extension, chunk) for chunk in chunks if chunk]
    return b"".join(framed) + b"0" + extension + b"\r\n" + trailer + b"\r\n"


@given(
    st.lists(st.binary(max_size=40), max_size=4),
    st.sampled_from([b"", b";chunk-signature=" + b"0" * 64]),
    st.integers(1, 60),
)
def test_any_split_of_any_body(chunks: list[bytes], extension: bytes, step: int) -> None:
    body = encode(chunks, b"x-amz-checksum-crc32:AAAAAA==\r\n", extension)
    decoder = AwsChunkedDecoder()
    pieces = [decoder.feed(body[low : low + step]) for low in range(0, len(body), step)]
    assert b"".join(part for piece in pieces for part in piece) == b"".join(chunks)
    assert decoder.finished
    assert decoder.trailers["x-amz-checksum-crc32"] == "AAAAAA=="


@pytest.mark.parametrize("body", [b"zz\r\n", b"3\r\nabcd\r\n", b"a" * 20_000])
def test_garbage_is_refused(body: bytes) -> None:
    with pytest.raises(S3Error, match="IncompleteBody"):
        AwsChunkedDecoder().feed(body)


def test_a_body_that_ends_early_is_not_finished() -> None:
    decoder = AwsChunkedDecoder()
    decoder.feed(encode([b"abc", b"def"])[:-9])
    assert not decoder.finished
