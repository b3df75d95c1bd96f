import pytest

from preprocessing_scripts.texts.sequences import Encoder, Side
from preprocessing_scripts.texts.vocabulary import Vocabulary

WORDS = Vocabulary(["a", "b", "c"])


@pytest.mark.parametrize(
    ("side", "short", "long"), [("post", [2, 0, 0], [2, 3, 4]), ("pre", [0, 0, 2], [3, 4, 1])]
)
def test_every_sequence_has_one_length(side: Side, short: list[int], long: list[int]) -> None:
    encoder = Encoder(WORDS, 3, padding=side, truncating=side)
    assert encoder.encode("A").numbers == short
    cut = encoder.encode("a b c d")
    assert (cut.numbers, cut.tokens, cut.cut) == (long, 3, True)
    assert cut.unknown == long.count(1)


def test_a_text_that_just_fits_is_not_cut() -> None:
    encoded = Encoder(WORDS, 3).encode("a b c")
    assert (encoded.cut, encoded.tokens, encoded.unknown) == (False, 3, 0)
