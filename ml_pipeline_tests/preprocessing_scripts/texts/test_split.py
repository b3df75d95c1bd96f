import pytest

from preprocessing_scripts.texts.split import split_of

TEXTS = [f"text number {number}" for number in range(4000)]


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_the_share_that_validates(share: float) -> None:
    validating = [split_of(text, share, 0) for text in TEXTS].count("validation")
    assert validating == pytest.approx(share * len(TEXTS), rel=0.15)


def test_a_text_is_always_in_the_same_split_and_a_seed_deals_anew() -> None:
    first, again, other = ([split_of(t, 0.5, seed) for t in TEXTS] for seed in (1, 1, 2))
    assert first == again
    assert first != other
