"""The CRCs of S3, computed piece by piece or joined from those of parts."""

from collections.abc import Iterable
from functools import cached_property
from typing import Protocol


class _Model(Protocol):
    def calc(self, data: memoryview, init: int, /) -> int: ...
    def combine(self, left: int, right: int, length: int, /) -> int: ...


class Crc:
    """One CRC, as the CRC catalogue describes it.

    Args:
        name: anycrc's name of it.
        width: Bits.
    """

    def __init__(self, name: str, width: int) -> None:
        self._name = name
        self._bytes = width // 8

    @cached_property
    def _model(self) -> _Model:
        import anycrc  # in the extra ``local``, which not all who import this package have

        model: _Model = anycrc.Model(self._name)
        return model

    def of(self, data: bytes | memoryview, before: int = 0) -> int:
        """The CRC of bytes.

        Args:
            data: The bytes.
            before: The CRC of what comes before them.
        """
        view = memoryview(data)
        return self._model.calc(view, before) if view else before

    def join(self, parts: Iterable[tuple[int, int]]) -> int:
        """The CRC of a sequence of blocks, each given as (CRC, length in bytes)."""
        total = 0
        for crc, length in parts:
            total = self._model.combine(total, crc, length) if length else total
        return total

    def digest(self, crc: int) -> bytes:
        """A CRC as S3's headers hold it."""
        return crc.to_bytes(self._bytes, "big")


CRC32 = Crc("CRC32", 32)
CRC32C = Crc("CRC32C", 32)
CRC64NVME = Crc("CRC64-NVME", 64)
