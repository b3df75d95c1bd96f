"""The vocabulary: which number stands for which token."""

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from preprocessing_scripts.whole_files import whole_file

PADDING = 0
"""The number that fills a sequence up."""


@dataclass(frozen=True)
class Vocabulary:
    """Numbers of tokens: 0 is padding, then come those for unknown tokens, then the known ones.

    Args:
        tokens: The known ones, by number.
        unknown: How many numbers unknown tokens share. With several, those that differ mostly get
            different ones.
    """

    tokens: Sequence[str]
    unknown: int = 1
    _numbers: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        first = 1 + self.unknown
        numbers = {token: number for number, token in enumerate(self.tokens, start=first)}
        object.__setattr__(self, "_numbers", numbers)

    @classmethod
    def fit(
        cls, counts: Counter[str], *, size: int, min_count: int = 1, unknown: int = 1
    ) -> "Vocabulary":
        """The most frequent tokens; of equally frequent ones the first in the alphabet.

        Args:
            counts: How often each token occurs in the training texts.
            size: How many tokens to know at most.
            min_count: How often a token occurs at least to be known.
            unknown: See the class.
        """
        frequent = [(-count, token) for token, count in counts.items() if count >= min_count]
        return cls([token for _, token in sorted(frequent)[:size]], unknown)

    def __len__(self) -> int:
        """How many numbers there are, padding and unknown tokens included."""
        return 1 + self.unknown + len(self.tokens)

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """The numbers of tokens, the same in every process."""
        return [self._numbers.get(token) or self._unknown(token) for token in tokens]

    def is_unknown(self, number: int) -> bool:
        """Whether a number stands for unknown tokens."""
        return PADDING < number <= self.unknown

    def save(self, path: Path) -> None:
        """Write a line for each number, in order; the first is number 0."""
        special = ["[PAD]", *(f"[UNK{number}]" for number in range(self.unknown))]
        with whole_file(path) as unfinished:
            unfinished.write_text("\n".join([*special, *self.tokens]) + "\n", encoding="utf-8")

    def _unknown(self, token: str) -> int:
        return 1 + zlib.crc32(token.encode()) % self.unknown
