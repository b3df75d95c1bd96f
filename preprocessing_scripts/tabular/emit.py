"""The second pass: every block becomes features, in parts of the channels."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from preprocessing_scripts.progress import Progress
from preprocessing_scripts.tabular.balance import Smote
from preprocessing_scripts.tabular.csv_part import CsvPart
from preprocessing_scripts.tabular.deal import CHANNELS, TRAIN, Deal
from preprocessing_scripts.tabular.encode import Encoder, Features, join
from preprocessing_scripts.tabular.hosts import Hosts
from preprocessing_scripts.tabular.pace import Pace
from preprocessing_scripts.tabular.parallel import ordered
from preprocessing_scripts.tabular.parquet_part import ParquetPart
from preprocessing_scripts.tabular.pipeline import Fitted
from preprocessing_scripts.tabular.schema import KEPT
from preprocessing_scripts.tabular.spec import Spec
from preprocessing_scripts.tabular.split import class_sizes
from preprocessing_scripts.tabular.spool import Spool
from preprocessing_scripts.tabular.writers import PartWriter

PART_ROWS = 32_768
"""About as many rows of all channels go into one part: footers of wide files cost memory."""

GROUP_ROWS = 16_384
"""About as many into one row group."""

FOLDERS: Mapping[str, Mapping[str, str]] = {
    "parquet": {"parquet": ""},
    "csv": {"csv": ""},
    "both": {"parquet": "", "csv": "_csv"},
}
"""Format of the spec -> formats of files -> what is added to the channel's name."""


@dataclass(frozen=True)
class _Piece:
    features: Features
    labels: npt.NDArray[Any]
    kept: pa.Table


class Emit:
    """Writes channels.

    Args:
        spec: Resolved.
        spool: What the first pass left.
        fitted: What was fitted to the training rows.
        dealt: Where rows go.
        labels: Of the same rows.
        output: Holds a folder for each channel.
        hosts: Parts of several hosts have names of their own.

    Attributes:
        kept_whole: Features that are whole numbers in rows that SMOTE has made, too.
    """

    def __init__(
        self,
        spec: Spec,
        spool: Spool,
        fitted: Fitted,
        dealt: Deal,
        labels: npt.NDArray[np.float64],
        output: Path,
        hosts: Hosts,
    ) -> None:
        self._spec = spec
        self._spool = spool
        self._encoder = Encoder(spec, fitted.numbers, fitted.levels)
        self._dealt = dealt
        self._labels = labels.astype(dealt.label_dtype)
        self._names = fitted.features
        self._output = output
        self._hosts = hosts
        self._prefix = f"part-{hosts.rank:03}-" if len(hosts.names) > 1 else "part-"
        self._starts = np.cumsum([0, *spool.rows])
        self.kept_whole: list[str] = []

    def run(self, pace: Pace, progress: Progress) -> dict[str, int]:
        """Write every row to its channel, and with SMOTE rows that it makes.

        Args:
            pace: Counts rows.
            progress: Where to warn.

        Returns:
            Rows made, by class.
        """
        for name in self._dealt.sizes:
            for suffix in FOLDERS[self._spec.output.format].values():
                (self._output / (name + suffix)).mkdir(parents=True, exist_ok=True)
        with closing(ordered(self._part, enumerate(self._parts(PART_ROWS)))) as written:
            for rows in written:
                pace.advance(rows, len(self._labels))
        return self._synthesize(progress) if self._spec.balance.method == "smote" else {}

    def _parts(self, size: int, blocks: Sequence[int] | None = None) -> Iterator[list[int]]:
        """Blocks that follow one another, together about ``size`` rows."""
        together: list[int] = []
        rows = 0
        for block in range(len(self._starts) - 1) if blocks is None else blocks:
            together.append(block)
            rows += int(self._starts[block + 1] - self._starts[block])
            if rows >= size:
                yield together
                together, rows = [], 0
        if together:
            yield together

    def _part(self, numbered: tuple[int, list[int]]) -> int:
        number, blocks = numbered
        writers: dict[str, list[PartWriter]] = {}
        with ExitStack() as opened:
            for group in self._parts(GROUP_ROWS, blocks):
                pieces: dict[str, list[_Piece]] = {}
                for block in group:
                    for name, piece in self._encode(block):
                        pieces.setdefault(name, []).append(piece)
                for name in list(pieces):
                    if name not in writers:
                        writers[name] = self._open(opened, name, number)
                    _write(writers[name], _joined(pieces.pop(name)))
        return int(self._starts[blocks[-1] + 1] - self._starts[blocks[0]])

    def _encode(self, block: int) -> Iterator[tuple[str, _Piece]]:
        """What each channel gets of a block."""
        start, end = self._starts[block], self._starts[block + 1]
        numbers, others = self._spool.numbers(block), self._spool.others(block)
        for channel, name in enumerate(CHANNELS):
            of_channel = self._dealt.channel[start:end] == channel
            rows = np.flatnonzero(of_channel)
            rows = np.repeat(rows, self._dealt.repeats[start:end][rows])
            if len(rows):
                yield name, self._piece(numbers, others, int(start), rows, channel == TRAIN)

    def _piece(
        self,
        numbers: npt.NDArray[Any],
        others: pa.Table,
        start: int,
        rows: npt.NDArray[np.int64],
        train: bool,
    ) -> _Piece:
        folds = self._dealt.folds[start + rows] if train else None
        kept = {name: others[KEPT + name].take(rows) for name in self._spec.keep}
        return _Piece(
            self._encoder.encode(numbers, others, rows, folds),
            self._labels[start + rows],
            pa.table(kept),
        )

    def _open(self, opened: ExitStack, channel: str, number: int) -> list[PartWriter]:
        """Open a part of a channel in every format that is asked for."""
        formats = FOLDERS[self._spec.output.format]
        name = f"{self._prefix}{number:05}"
        return [
            opened.enter_context(self._part_of(form, channel + suffix, name))
            for form, suffix in formats.items()
        ]

    def _part_of(self, form: str, folder: str, name: str) -> PartWriter:
        path = self._output / folder / f"{name}.{form}"
        if form == "csv":
            return CsvPart(path, self._encoder.dtype)
        return ParquetPart(path, self._names, self._encoder.dtype, self._spec.label.column)

    def _synthesize(self, progress: Progress) -> dict[str, int]:
        """Write rows made by SMOTE into parts of their own, for all classes but the largest."""
        made = {}
        sizes = class_sizes(self._labels[self._dealt.channel == TRAIN], self._hosts)
        target = max(sizes.values())
        number = len(list(self._parts(PART_ROWS)))
        whole = self._whole()
        self.kept_whole = [name for name, is_so in zip(self._names, whole, strict=False) if is_so]
        for label, size in sizes.items():
            if size == target:
                continue
            rows_of_class, widths = self._of_class(label)
            ends = np.cumsum(widths).tolist()
            smote = Smote(
                rows_of_class,
                self._spec.balance.seed,
                self._spec.balance.neighbors,
                [slice(start, end) for start, end in pairwise(ends)],
            )
            if smote.warning:
                progress.say(f"warning: class {label:g}: {smote.warning}")
            with ExitStack() as opened:
                writers = self._open(opened, "train", number)
                for rows in smote.sample(target - size):
                    columns = np.ascontiguousarray(rows.T, dtype=self._encoder.dtype)
                    columns[: widths[0]] = self._encoder.rounded(columns[: widths[0]], whole)
                    features = Features([columns])
                    labels = np.full(len(rows), label).astype(self._labels.dtype)
                    _write(writers, _Piece(features, labels, self._nothing_kept(len(rows))))
            made[f"{label:g}"] = target - size
            number += 1
        return made

    def _whole(self) -> npt.NDArray[np.bool_]:
        """Which columns of numbers have whole ones alone in all training rows."""
        whole = np.ones(len(self._names), dtype=bool)
        for block, (start, end) in enumerate(pairwise(self._starts.tolist())):
            train = self._dealt.channel[start:end] == TRAIN
            found = self._encoder.are_whole(self._spool.numbers(block)[:, train])
            whole = whole[: len(found)] & found
        return whole

    def _of_class(self, label: float) -> tuple[npt.NDArray[Any], list[int]]:
        """All training rows of a class, shape (rows, features), and how many each part has."""
        found, widths = [], [0]
        for block in range(len(self._starts) - 1):
            start, end = int(self._starts[block]), int(self._starts[block + 1])
            wanted = (self._dealt.channel[start:end] == TRAIN) & (self._labels[start:end] == label)
            rows = np.flatnonzero(wanted)
            if len(rows):
                piece = self._piece(
                    self._spool.numbers(block), self._spool.others(block), start, rows, train=True
                )
                columns = list(piece.features.columns(self._encoder.dtype))
                found.append(np.stack(columns, axis=1))
                widths = piece.features.widths()
        return np.concatenate(found), widths

    def _nothing_kept(self, rows: int) -> pa.Table:
        schema = self._spool.others(0).schema
        columns = [pa.nulls(rows, schema.field(KEPT + name).type) for name in self._spec.keep]
        return pa.table(columns, names=list(self._spec.keep))


def _joined(pieces: Sequence[_Piece]) -> _Piece:
    return _Piece(
        join([piece.features for piece in pieces]),
        np.concatenate([piece.labels for piece in pieces]),
        pa.concat_tables([piece.kept for piece in pieces]),
    )


def _write(writers: Sequence[PartWriter], piece: _Piece) -> None:
    for writer in writers:
        writer.write(piece.features, piece.labels, piece.kept)
