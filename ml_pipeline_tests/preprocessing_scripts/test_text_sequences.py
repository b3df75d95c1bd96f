"""The job on real texts, with a writer of its own; TensorFlow's runs in its image."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ml_pipeline_tests.preprocessing_scripts.texts.real_texts import paragraphs
from preprocessing_scripts.outcome import ScriptError
from preprocessing_scripts.progress import Progress
from preprocessing_scripts.text_sequences import (
    make_sequences,
    parse_arguments,
    refuse_several_hosts,
)
from preprocessing_scripts.texts.split import split_of
from preprocessing_scripts.texts.tokens import tokenize


class Written:
    """What the job writes, by split."""

    def __init__(self) -> None:
        self.splits: dict[str, list[tuple[list[int], int, int | None]]] = {}

    @contextmanager
    def open(self, folder: Path) -> Iterator["Split"]:
        yield Split(self.splits.setdefault(folder.name, []))


class Split:
    def __init__(self, rows: list[tuple[list[int], int, int | None]]) -> None:
        self.rows = rows

    def write(self, tokens: Sequence[int], length: int, label: int | None) -> None:
        self.rows.append((list(tokens), length, label))


def run(folder: Path, *more: str) -> tuple[Written, Any, list[str]]:
    (folder / "texts").mkdir(parents=True)
    paragraphs().to_csv(folder / "texts" / "texts.csv", index=False)
    command = ["--input", str(folder), "--output", str(folder / "out"), *more]
    written = Written()
    make_sequences(parse_arguments(command), written.open, Progress(None))
    report = json.loads((folder / "out" / "report" / "report.json").read_text())
    lines = (folder / "out" / "vocabulary" / "vocabulary.txt").read_text().splitlines()
    return written, report, lines


def test_texts_can_be_read_back_from_their_sequences(tmp_path: Path) -> None:
    written, report, lines = run(tmp_path, "--max-length", "40", "--label", "label")
    texts = paragraphs()
    split = [split_of(text, 0.1, 0) for text in texts["text"]]
    assert [len(written.splits[name]) for name in ("train", "validation")] == [
        split.count("train"),
        split.count("validation"),
    ]
    trained = texts[[name == "train" for name in split]].to_dict("records")
    for row, (tokens, length, label) in zip(trained, written.splits["train"], strict=True):
        words = tokenize(row["text"], lowercase=True)
        assert [lines[number] for number in tokens[:length]] == words[:40]
        assert tokens[length:] == [0] * (40 - length)
        assert label == row["label"]
    assert report["metrics"]["train_cut_rows"] > 0
    assert report["metrics"]["vocabulary_size"] == len(lines)
    assert report["schema"][0] == {"name": "tokens", "type": "int64[40]"}


def test_the_vocabulary_is_that_of_the_training_texts(tmp_path: Path) -> None:
    _, report, lines = run(tmp_path)
    texts = paragraphs()["text"]
    known = {
        token
        for text in texts
        if split_of(text, 0.1, 0) == "train"
        for token in tokenize(text, lowercase=True)
    }
    assert set(lines[2:]) == known
    assert report["metrics"]["train_unknown_share"] == 0
    assert report["metrics"]["validation_unknown_share"] > 0


def test_a_small_vocabulary(tmp_path: Path) -> None:
    written, report, lines = run(tmp_path, "--vocabulary-size", "50", "--oov", "3")
    assert len(lines) == 54
    numbers = {number for tokens, _, _ in written.splits["train"] for number in tokens}
    assert numbers == set(range(54))
    assert 0 < report["metrics"]["train_unknown_share"] < 1
    settings = json.loads((tmp_path / "out" / "vocabulary" / "settings.json").read_text())
    assert settings["oov"] == 3


def test_no_text_to_train_on(tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.csv").write_text("text\n\n")
    command = ["--input", str(tmp_path), "--output", str(tmp_path / "out")]
    with pytest.raises(ScriptError, match="no row of the 1 files has a text to train on"):
        make_sequences(parse_arguments(command), Written().open, Progress(None))


def test_several_instances_are_refused(tmp_path: Path) -> None:
    config = tmp_path / "resourceconfig.json"
    refuse_several_hosts(config)
    config.write_text(json.dumps({"hosts": ["algo-1"]}))
    refuse_several_hosts(config)
    config.write_text(json.dumps({"hosts": ["algo-1", "algo-2"]}))
    with pytest.raises(ScriptError, match="set the job's instance count to 1"):
        refuse_several_hosts(config)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--max-length", "0"], "--max-length must be at least 1"),
        (["--validation-fraction", "1"], "--validation-fraction must lie between 0 and 1"),
        (["--seed", "-1"], "--seed must be at least 0"),
        (["--padding", "left"], "invalid choice: 'left'"),
    ],
)
def test_arguments_that_cannot_be(arguments: list[str], message: str) -> None:
    with pytest.raises(ScriptError, match=message):
        parse_arguments(arguments)
