"""Joining CRCs: the CRC of a whole from the CRCs of its parts, without the bytes."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Crc:
    """A reflected CRC whose initial value and final XOR are all ones.

    Attributes:
        width: Bits.
        polynomial: Reflected.
    """

    width: int
    polynomial: int

    def of(self, data: bytes) -> int:
        """The CRC of a few bytes. Bit by bit: for tens of kilobytes, not for objects."""
        ones = (1 << self.width) - 1
        value = ones
        for byte in data:
            value ^= byte
            for _ in range(8):
                value = (value >> 1) ^ (self.polynomial if value & 1 else 0)
        return value ^ ones

    def join(self, parts: Iterable[tuple[int, int]]) -> int:
        """The CRC of a sequence of blocks, each given as (CRC, length in bytes).

        Appending a block of n bytes multiplies what came before by x^(8n) modulo the polynomial
        (``crc32_combine`` of zlib).
        """
        total = 0
        for crc, length in parts:
            total = self._multiply(self._power(8 * length), total) ^ crc
        return total

    def _power(self, exponent: int) -> int:
        """x^exponent modulo the polynomial; in reflected order the highest bit is x^0."""
        result, square = 1 << (self.width - 1), 1 << (self.width - 2)
        while exponent:
            if exponent & 1:
                result = self._multiply(result, square)
            square = self._multiply(square, square)
            exponent >>= 1
        return result

    def _multiply(self, left: int, right: int) -> int:
        product = 0
        for bit in range(self.width - 1, -1, -1):
            if left >> bit & 1:
                product ^= right
            right = (right >> 1) ^ (self.polynomial if right & 1 else 0)
        return product


# Reflected polynomials of the CRC catalogue (CRC-32/ISO-HDLC, CRC-32/ISCSI, CRC-64/NVME).
CRC32 = Crc(32, 0xEDB88320)
CRC32C = Crc(32, 0x82F63B78)
CRC64NVME = Crc(64, 0x9A6C9329AC4BC9B5)
