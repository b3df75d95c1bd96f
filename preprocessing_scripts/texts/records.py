"""Writing sequences as TFRecord files. Needs TensorFlow."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from preprocessing_scripts.whole_files import UNFINISHED


class RecordFiles:
    """TFRecord files of one split, of examples with the features ``tokens``, ``length``, ``label``.

    All are int64: ``tokens`` the padded sequence, ``length`` how many of it are tokens, ``label``
    only where there is one. A context manager; a file has its name once it is whole.

    Args:
        folder: Where the files go; made when missing.
        rows: Examples of a file at most.
    """

    def __init__(self, folder: Path, rows: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._rows = rows
        self._files = 0
        self._in_file = 0
        self._writer: Any = None

    def write(self, tokens: Sequence[int], length: int, label: int | None) -> None:
        """Write one example."""
        if self._writer is None:
            self._writer = tf.io.TFRecordWriter(f"{self._path()}{UNFINISHED}")
        values = {"tokens": tokens, "length": [length]}
        if label is not None:
            values["label"] = [label]
        features = {
            name: tf.train.Feature(int64_list=tf.train.Int64List(value=numbers))
            for name, numbers in values.items()
        }
        example = tf.train.Example(features=tf.train.Features(feature=features))
        self._writer.write(example.SerializeToString())
        self._in_file += 1
        if self._in_file == self._rows:
            self._close_file()

    def __enter__(self) -> "RecordFiles":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._writer is None:
            return
        if kind is None:
            self._close_file()
        else:
            self._writer.close()
            Path(f"{self._path()}{UNFINISHED}").unlink(missing_ok=True)

    def _path(self) -> Path:
        return self._folder / f"part-{self._files:05d}.tfrecord"

    def _close_file(self) -> None:
        self._writer.close()
        path = self._path()
        path.with_name(path.name + UNFINISHED).replace(path)
        self._writer, self._in_file = None, 0
        self._files += 1
