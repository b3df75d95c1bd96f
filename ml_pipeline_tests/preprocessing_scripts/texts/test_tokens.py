import pytest

from preprocessing_scripts.texts.tokens import tokenize


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("The Café, isn't it?", ["the", "café", ",", "isn't", "it", "?"]),
        ("cafe\u0301 ﬁne", ["café", "fine"]),
        ("  \n", []),
        ("Straße 12", ["strasse", "12"]),
    ],
)
def test_words_and_signs(text: str, tokens: list[str]) -> None:
    assert tokenize(text, lowercase=True) == tokens


def test_case_can_be_kept() -> None:
    assert tokenize("The the", lowercase=False) == ["The", "the"]
