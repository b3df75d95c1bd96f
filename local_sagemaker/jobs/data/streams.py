"""What Pipe mode streams of an input: the bytes of one epoch after the other."""

import json
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from local_sagemaker.jobs.data.inputs import Input
from local_sagemaker.jobs.data.s3_uri import split_uri
from local_sagemaker.jobs.data.sources import (
    Source,
    download_fault,
    find_sources,
    share,
)
from local_sagemaker.jobs.reasons import ClientFault
from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.store import ObjectStore

_CHUNK = 1 << 20
_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to ask for gzip's header
_MAGIC = 0xCED7230A
_LARGEST_RECORD = (1 << 29) - 1
_REFERENCE = "-ref"

_Part = Source | bytes
_Record = Sequence[_Part]


@dataclass(frozen=True)
class Stream:
    """An input as one instance reads it through pipes.

    Args:
        objects: Where the objects are.
        source: The input.
        records: What it consists of: of an object each, or of what a line of an augmented manifest
            names.
        index: Which instance this is for, from zero.
        count: How many instances get something.
    """

    objects: ObjectStore
    source: Input
    records: Sequence[_Record]
    index: int
    count: int

    def epoch(self, number: int) -> Iterator[bytes]:
        """The bytes of one epoch; some of the pieces are empty, so that no piece takes long.

        Raises:
            ClientFault: An object cannot be read, or not be wrapped.
        """
        for record in share(self.records, self.source, self.index, self.count, number):
            for part in record:
                yield from self._checked(part)

    def _checked(self, part: _Part) -> Iterator[bytes]:
        try:
            yield from self._wrapped(part) if self.source.record_io else self._bytes(part)
        except S3Error as error:
            raise download_fault(self.source, error) from error
        except zlib.error as error:
            said = part.uri if isinstance(part, Source) else "an attribute"
            raise ClientFault(
                f'Data download failed for input "{self.source.name}": {said} is not in gzip '
                f"format: {error}"
            ) from error

    def _wrapped(self, part: _Part) -> Iterator[bytes]:
        """A RecordIO record, whose size comes before its bytes, and has to be found out first."""
        size = 0
        for data in self._bytes(part):
            size += len(data)
            yield b""
        if size > _LARGEST_RECORD:
            said = part.uri if isinstance(part, Source) else "an attribute"
            raise ClientFault(
                f'channel "{self.source.name}": {said} has {size} bytes, a RecordIO record '
                f"{_LARGEST_RECORD} at most; set RecordWrapperType to None"
            )
        yield struct.pack("<II", _MAGIC, size)
        yield from self._bytes(part)
        yield bytes(-size % 4)

    def _bytes(self, part: _Part) -> Iterator[bytes]:
        if isinstance(part, bytes):
            yield part
            return
        with self.objects.objects.open(part.bucket, part.key) as opened:
            chunks = opened.chunks(opened.whole)
            yield from _decompressed(chunks) if self.source.gzip else chunks


def find_records(objects: ObjectStore, source: Input, role: str, region: str) -> list[_Record]:
    """Find what an input in Pipe mode consists of; arguments and errors as in ``find_sources``."""
    try:
        if source.data_type == "AugmentedManifestFile":
            return _augmented(objects, source)
        return [(one,) for one in find_sources(objects, source, role, region)]
    except S3Error as error:
        raise download_fault(source, error) from error


def _augmented(objects: ObjectStore, source: Input) -> list[_Record]:
    bucket, key = split_uri(source.uri, f'channel "{source.name}"')
    lines = objects.read_bytes(bucket, key).split(b"\n")
    return [_line(source, number, line) for number, line in enumerate(lines, 1) if line.strip()]


def _line(source: Input, number: int, line: bytes) -> _Record:
    try:
        found = json.loads(line)
        return [_attribute(name, found[name]) for name in source.attributes]
    except (ValueError, TypeError, KeyError) as error:
        missing = f"has no attribute {error}" if isinstance(error, KeyError) else f"is bad: {error}"
        raise ClientFault(
            f'channel "{source.name}": line {number} of the augmented manifest {source.uri} '
            f"{missing}"
        ) from error


def _attribute(name: str, value: object) -> _Part:
    if name.endswith(_REFERENCE):
        bucket, key = split_uri(str(value), f"attribute {name}")
        return Source(bucket, key, key)
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode()


def _decompressed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Undo gzip, of which there may be several one after the other, in pieces of bounded size."""
    member = None
    for chunk in chunks:
        data = chunk
        while data:
            member = member or zlib.decompressobj(_GZIP)
            yield member.decompress(data, _CHUNK)
            data = member.unconsumed_tail
            if member.eof:
                # Some programs fill up with zeros.
                data, member = member.unused_data.lstrip(b"\0"), None
    if member is not None:
        raise zlib.error("it is cut off")
