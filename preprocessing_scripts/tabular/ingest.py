"""The first pass: every block is parsed once, made into numbers, and put on the spool."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from preprocessing_scripts.tabular.blocks import Block, Source
from preprocessing_scripts.tabular.content import content_hashes
from preprocessing_scripts.tabular.derive import add_features
from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.hosts import Hosts
from preprocessing_scripts.tabular.kept import Types, kept_columns
from preprocessing_scripts.tabular.pace import Pace
from preprocessing_scripts.tabular.parallel import ordered
from preprocessing_scripts.tabular.schema import KEPT, Schema, stored_names
from preprocessing_scripts.tabular.spec import Spec
from preprocessing_scripts.tabular.spool import Spool
from preprocessing_scripts.tabular.times import Times

Floats = npt.NDArray[np.float64]

_LARGEST_LABEL = 2.0**31

_PIVOT_BLOCKS = 16
"""A column without values in as many gets 0."""


@dataclass(frozen=True)
class Rows:
    """What is held in memory of all rows that have a label, in the order of reading.

    Args:
        labels: Their classes.
        hashes: What they hold, for the split, for balancing and for folds.
        times: For a temporal split.
        rest: What is finer in them.
        held: Which are held out.
    """

    labels: Floats
    hashes: npt.NDArray[np.uint64]
    times: Floats
    rest: npt.NDArray[np.int16]
    held: npt.NDArray[np.bool_]

    @classmethod
    def join(cls, parts: "Sequence[Rows]") -> "Rows":
        """Put the rows of several blocks one after another."""
        hashes, floats = np.zeros(0, dtype=np.uint64), np.zeros(0)
        fine, held = np.zeros(0, dtype=np.int16), np.zeros(0, dtype=bool)
        nothing = cls(floats, hashes, floats, fine, held)
        names = [field.name for field in dataclasses.fields(cls)]
        everything = [nothing, *parts]
        return cls(*(np.concatenate([getattr(one, name) for one in everything]) for name in names))

    def where(self, mask: npt.NDArray[np.bool_]) -> "Rows":
        """Take some of the rows."""
        return Rows(*(getattr(self, field.name)[mask] for field in dataclasses.fields(self)))


@dataclass(frozen=True)
class Ingested:
    """What the first pass leaves besides the spool.

    Args:
        rows: Of this host.
        rows_in: All that were read.
        infinite: Infinite values by column; they are treated as missing.
    """

    rows: Rows
    rows_in: int
    infinite: Mapping[str, int]


class Ingest:
    """Turns blocks into what the spool holds.

    Args:
        spec: Resolved.
        source: This host's files.
        schema: Of the columns that are read.
        columns: Names of the numbers, in the order of the spool.
        kept: Types of the columns that go out as they came in.
    """

    def __init__(
        self, spec: Spec, source: Source, schema: Schema, columns: Sequence[str], kept: Types
    ) -> None:
        self._spec = spec
        self._source = source
        self._schema = schema
        self._columns = columns
        self._kept = kept
        self._recipes = [(f.name, str(f.operation), f.inputs) for f in spec.features]
        self._texts = list(dict.fromkeys(c for group in spec.categorical for c in group.columns))
        fresh = 0.0 if spec.output.dtype == "float64" else np.nan
        self.pivots = np.full(len(columns), fresh)

    def set_pivots(self, hosts: Hosts) -> None:
        """Take the medians of the first block that has values; doubles need none."""
        if self._spec.output.dtype == "float64":
            return
        file, own = "", np.full(len(self._columns), np.nan)
        for block in islice(self._source.blocks(stored_names(self._schema)), _PIVOT_BLOCKS):
            file = file or block.file
            numbers = self._numbers(self._source.read(block, self._schema))
            middles = np.array([_middle(numbers[name]) for name in self._columns])
            own = np.where(np.isnan(own), middles, own)
            if not np.isnan(own).any():
                break
        shares = hosts.exchange({"file": np.array([file], dtype=np.str_), "pivots": own})
        # In the order of files, not of hosts: so it does not matter how files are dealt.
        for share in sorted(shares, key=lambda share: str(share["file"][0])):
            self.pivots = np.where(np.isnan(self.pivots), share["pivots"], self.pivots)
        # What is not scaled is written as it is, and is then as precise as float32 can be.
        scaled = [group.scale != "none" for group in self._spec.numeric for _ in group.columns]
        self.pivots = np.where(scaled, np.nan_to_num(self.pivots), 0.0)

    def run(self, spool: Spool, pace: Pace) -> Ingested:
        """Read everything.

        Raises:
            TableError: A file, a row or a value that cannot be used, or a full disk.
        """
        found: list[tuple[Rows, int, Mapping[str, int]]] = []

        def one(numbered: tuple[int, Block]) -> tuple[Rows, int, Mapping[str, int]]:
            return self._block(numbered[0], numbered[1], spool)

        blocks = enumerate(self._source.blocks(stored_names(self._schema)))
        with closing(ordered(one, blocks)) as results:
            for result in results:
                found.append(result)
                pace.advance(result[1])
        infinite: Counter[str] = Counter()
        for _, _, counts in found:
            infinite.update(counts)
        rows = Rows.join([rows for rows, _, _ in found])
        return Ingested(rows, sum(count for _, count, _ in found), infinite)

    def _block(
        self, number: int, block: Block, spool: Spool
    ) -> tuple[Rows, int, Mapping[str, int]]:
        table = self._source.read(block, self._schema)
        rows = self._rows(block, table)
        rows_in = len(table)
        labelled = ~np.isnan(rows.labels)
        if not labelled.all():
            if self._spec.label.missing == "error":
                row = block.first_row + int(np.flatnonzero(~labelled)[0]) + 1
                raise TableError(
                    f"{block.file}, row {row}, column {self._spec.label.column}: no label; correct "
                    'it, or drop such rows with "missing": "drop" in the spec\'s label'
                )
            table, rows = table.filter(pa.array(labelled)), rows.where(labelled)
        if not len(table):
            return rows, rows_in, {}
        self._check_labels(block, rows.labels)
        numbers = self._numbers(table)
        matrix, infinite = self._matrix(numbers, len(table), spool.dtype)
        others = self._others(table, block)
        spool.write(number, matrix, others)
        rows = dataclasses.replace(rows, hashes=self._hashes(table, numbers, others))
        unseen = [name for name in numbers if name not in self._columns]
        return rows, rows_in, infinite | _count_infinite(numbers, unseen)

    def _rows(self, block: Block, table: pa.Table) -> Rows:
        spec, count = self._spec, len(table)
        column = spec.split.column if spec.split.method == "temporal" else None
        times = Times.of(table[column].chunk(0)) if column else Times.none(count)
        if np.isnan(times.order).any():
            row = block.first_row + int(np.flatnonzero(np.isnan(times.order))[0]) + 1
            raise TableError(f"{block.file}, row {row}, column {column}: no time to split by")
        held = np.zeros(count, dtype=bool)
        if spec.holdout:
            equal = pc.equal(table[spec.holdout.column], spec.holdout.equals)
            held = equal.fill_null(False).to_numpy()
        return Rows(
            labels=_floats(table[spec.label.column].chunk(0)),
            hashes=np.zeros(count, dtype=np.uint64),
            times=times.order,
            rest=times.rest,
            held=held,
        )

    def _hashes(
        self, table: pa.Table, numbers: Mapping[str, Floats], others: pa.Table
    ) -> npt.NDArray[np.uint64]:
        """Hash what rows hold, in all columns that are read or in those of the split's key."""
        stored = dict(zip(table.column_names, table.columns, strict=True))
        # A column that is read twice counts once, and text was encoded already.
        kept = {name: stored.pop(KEPT + name, None) for name in self._kept}
        texts = {name: others[name] for name in self._texts}
        columns: dict[str, Any] = {name: one for name, one in kept.items() if one is not None}
        columns |= stored | texts
        columns |= {name: numbers[name] for name in columns if name in numbers}
        return content_hashes({name: columns[name] for name in self._spec.split.key or columns})

    def _check_labels(self, block: Block, labels: Floats) -> None:
        odd = labels[(labels != np.floor(labels)) | (np.abs(labels) > _LARGEST_LABEL)]
        if len(odd):
            raise TableError(
                f"{block.file}, column {self._spec.label.column}: the label {odd[0]:g} is not a "
                "whole number, one for each class"
            )

    def _numbers(self, table: pa.Table) -> dict[str, Floats]:
        """All columns and features; missing is NaN."""
        wanted = dict.fromkeys([*self._columns, *(i for _, _, used in self._recipes for i in used)])
        numbers = {name: _floats(table[name].chunk(0)) for name in wanted if name in self._schema}
        add_features(numbers, self._recipes)
        return numbers

    def _matrix(
        self, numbers: Mapping[str, Floats], rows: int, dtype: np.dtype[Any]
    ) -> tuple[npt.NDArray[Any], dict[str, int]]:
        """All columns minus their pivots, and how many infinite values were taken for missing."""
        matrix = np.empty((len(self._columns), rows), dtype)
        infinite: dict[str, int] = {}
        with np.errstate(over="ignore"):
            for i, name in enumerate(self._columns):
                np.subtract(numbers[name], self.pivots[i], out=matrix[i], casting="same_kind")
        for i in np.flatnonzero(np.isinf(matrix).any(axis=1)):
            name, bad = self._columns[i], np.isinf(matrix[i])
            if np.isfinite(numbers[name][bad]).any():
                raise TableError(
                    f'column {name}: values too large for float32; set "dtype": "float64" in the '
                    "spec's output"
                )
            infinite[name] = int(bad.sum())
            matrix[i, bad] = np.nan
        return matrix, infinite

    def _others(self, table: pa.Table, block: Block) -> pa.Table:
        texts = [table[name].combine_chunks().dictionary_encode() for name in self._texts]
        kept = kept_columns(table, block, self._kept)
        names = [*self._texts, *(KEPT + name for name in self._kept)]
        # Without any column a table has no rows either.
        return pa.table([*texts, *kept], names=names)


def _floats(values: pa.Array) -> Floats:
    """Numbers, or microseconds since 1970; missing is NaN."""
    if pa.types.is_timestamp(values.type):
        if values.type.unit == "ns":
            values = pc.floor_temporal(values, unit="microsecond")  # before 1970 too
        whole = values.cast(pa.timestamp("us")).cast(pa.int64())
        times: Floats = whole.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        return times
    if values.type != pa.float64():
        values = values.cast(pa.float64())
    floats: Floats = values.to_numpy(zero_copy_only=False)
    return floats


def _count_infinite(numbers: Mapping[str, Floats], names: Sequence[str]) -> dict[str, int]:
    """Count what only features are made of: there it is missing too."""
    counts = {name: int(np.isinf(numbers[name]).sum()) for name in names}
    return {name: count for name, count in counts.items() if count}


def _middle(values: Floats) -> float:
    present = values[np.isfinite(values)]
    return float(np.median(present)) if len(present) else np.nan
