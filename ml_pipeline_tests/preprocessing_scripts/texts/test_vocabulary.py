from collections import Counter
from pathlib import Path

from preprocessing_scripts.texts.vocabulary import PADDING, Vocabulary

COUNTS = Counter({"the": 9, "b": 4, "a": 4, "rare": 1})


def test_the_most_frequent_come_first_and_the_alphabet_decides_between_equals() -> None:
    vocabulary = Vocabulary.fit(COUNTS, size=3)
    assert list(vocabulary.tokens) == ["the", "a", "b"]
    assert vocabulary.encode(["b", "the", "rare"]) == [4, 2, 1]
    assert vocabulary.is_unknown(1)
    assert not vocabulary.is_unknown(PADDING)
    assert len(vocabulary) == 5


def test_rare_tokens_are_unknown() -> None:
    assert list(Vocabulary.fit(COUNTS, size=9, min_count=2).tokens) == ["the", "a", "b"]


def test_several_numbers_for_unknown_tokens() -> None:
    vocabulary = Vocabulary.fit(COUNTS, size=1, unknown=50)
    numbers = vocabulary.encode([f"word{number}" for number in range(200)])
    assert all(map(vocabulary.is_unknown, numbers))
    assert len(set(numbers)) > 30
    assert vocabulary.encode(["the"]) == [51]


def test_a_line_of_the_file_for_each_number(tmp_path: Path) -> None:
    vocabulary = Vocabulary.fit(COUNTS, size=2, unknown=2)
    vocabulary.save(tmp_path / "vocabulary.txt")
    lines = (tmp_path / "vocabulary.txt").read_text().splitlines()
    assert lines == ["[PAD]", "[UNK0]", "[UNK1]", "the", "a"]
    assert lines[vocabulary.encode(["a"])[0]] == "a"
