"""Texts to sequences of one length."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from preprocessing_scripts.texts.tokens import tokenize
from preprocessing_scripts.texts.vocabulary import PADDING, Vocabulary

Side = Literal["pre", "post"]


@dataclass(frozen=True)
class Encoded:
    """A text as numbers.

    Args:
        numbers: As many as the encoder's length.
        tokens: How many of them are tokens, and not padding.
        unknown: How many of these stand for unknown tokens.
        cut: Whether the text had more tokens.
    """

    numbers: list[int]
    tokens: int
    unknown: int
    cut: bool


@dataclass(frozen=True)
class Encoder:
    """Brings texts to one length.

    Args:
        vocabulary: The numbers of tokens.
        length: Numbers of a sequence.
        padding: Where a short one is filled up: before it, or after it.
        truncating: Where a long one is cut.
        lowercase: See ``tokenize``.
    """

    vocabulary: Vocabulary
    length: int
    padding: Side = "post"
    truncating: Side = "post"
    lowercase: bool = True

    def encode(self, text: str) -> Encoded:
        """A text's sequence."""
        tokens = tokenize(text, lowercase=self.lowercase)
        kept = tokens[: self.length] if self.truncating == "post" else tokens[-self.length :]
        numbers = self.vocabulary.encode(kept)
        unknown = sum(map(self.vocabulary.is_unknown, numbers))
        return Encoded(self._padded(numbers), len(kept), unknown, len(kept) < len(tokens))

    def _padded(self, numbers: Sequence[int]) -> list[int]:
        filling = [PADDING] * (self.length - len(numbers))
        return [*numbers, *filling] if self.padding == "post" else [*filling, *numbers]
