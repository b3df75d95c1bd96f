"""CSV files, plain or gzip, as a source of blocks."""

import csv
import io
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from preprocessing_scripts.tabular.blocks import Block, refuse_duplicates
from preprocessing_scripts.tabular.csv_faults import find_fault
from preprocessing_scripts.tabular.csv_parser import CsvParser
from preprocessing_scripts.tabular.csv_text import Piece, read_pieces, row_ends, row_spans
from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.file_source import FileSource
from preprocessing_scripts.tabular.schema import MISSING_VALUES, Schema, require_columns

BLOCK_BYTES = 8 << 20
_HEADER_BYTES = 1 << 16


@dataclass(frozen=True)
class _CsvRows:
    text: pa.Buffer
    first_line: int
    rows: int
    header: Sequence[str]


class CsvSource(FileSource):
    """CSV files as one table: UTF-8, comma-separated, each with a header line.

    Columns are taken by name, so files may differ in their order and in columns that nobody wants.
    Values that span lines are within quotation marks; blank lines count as nothing.

    Args:
        folder: Where the files are.
        files: Their paths relative to it, in the order in which they are read.
        missing_values: How a missing value is written, quoted or not.
        block_bytes: About how much text makes a block.
        required: Columns that have a value in every row; text that is empty is none.
        strict: Whether numbers must be finite, and times say their zone.
    """

    typed = False

    def __init__(
        self,
        folder: Path,
        files: Sequence[str],
        missing_values: Sequence[str] = MISSING_VALUES,
        block_bytes: int = BLOCK_BYTES,
        *,
        required: Collection[str] = (),
        strict: bool = False,
    ) -> None:
        super().__init__(folder, files)
        self._missing_values = tuple(missing_values)
        self._block_bytes = block_bytes
        self._required = frozenset(required)
        self._strict = strict

    def read_headers(self) -> Mapping[str, Sequence[str]]:
        """See ``FileSource``."""
        found = {}
        for file in self.files:
            for piece in read_pieces(self.content(file), file, _HEADER_BYTES):
                split = _split_header(piece, file)
                if split is not None:
                    found[file] = split.header
                    break
        return found

    def content(self, file: str) -> Path | bytes:
        """Where the bytes of a file are."""
        return self.folder / file

    def blocks(self, columns: Sequence[str] | None = None) -> Iterator[Block]:
        """Cut all files, in their order, into blocks that end where a row ends.

        Args:
            columns: Not used: a block is the text of all columns.

        Raises:
            TableError: As ``read_pieces``; or a header is wrong.
        """
        del columns
        for index, file in enumerate(self.files):
            yield from self._blocks_of(index, file)

    def _blocks_of(self, index: int, file: str) -> Iterator[Block]:
        header: Sequence[str] | None = None
        number = first_row = size = 0
        for piece in read_pieces(self.content(file), file, self._block_bytes):
            size += piece.size
            if header is None:
                content = _split_header(piece, file)
                if content is None:
                    continue
                header = content.header
            else:
                content = _CsvRows(piece.text, piece.first_line, piece.rows, header)
            if content.rows:
                yield Block(file, index, number, first_row, content.rows, size, content)
                number, first_row, size = number + 1, first_row + content.rows, 0

    def read(self, block: Block, schema: Schema) -> pa.Table:
        """Parse a block.

        Returns:
            The schema's columns in the schema's order, one chunk each, null where a value is
            missing. A number written as ``inf`` is infinite; one written as ``NAN`` or in another
            way that is not among the missing values comes as NaN.

        Raises:
            TableError: The file lacks a column, a row has the wrong number of fields, or a value
                does not fit its kind; names file, line and column.
        """
        content: _CsvRows = block.content
        require_columns(block.file, content.header, schema)
        parser = CsvParser(content.header, self._missing_values, self._required, self._strict)
        reason: pa.ArrowInvalid | None = None
        try:
            table = parser.parse(content.text, schema)
            if table.num_rows == block.rows:
                return table
        except pa.ArrowInvalid as error:
            reason = error
        fault = find_fault(content.text, content.first_line, schema, parser)
        fault = fault or f"from line {content.first_line} on: {reason}"
        raise TableError(f"{block.file}, {fault}") from reason

    def read_as_stored(self, block: Block, columns: Sequence[str]) -> pa.Table:
        """Parse some columns of a block as text.

        Raises:
            TableError: As ``read``.
        """
        return self.read(block, dict.fromkeys(columns, "text"))


class CsvContent(CsvSource):
    """One CSV file that is in memory as a table.

    Args:
        content: The whole file.
        name: What to call it in errors: a path or a URI; gzip if it ends with ``.gz``.
        missing_values: As for ``CsvSource``.
        required: As for ``CsvSource``.
        strict: As for ``CsvSource``.
    """

    def __init__(
        self,
        content: bytes,
        name: str,
        missing_values: Sequence[str] = MISSING_VALUES,
        *,
        required: Collection[str] = (),
        strict: bool = False,
    ) -> None:
        super().__init__(Path(), [name], missing_values, required=required, strict=strict)
        self._content = content

    def content(self, file: str) -> bytes:
        """See ``CsvSource``."""
        del file
        return self._content

    def bytes_total(self) -> int:
        """Give the size of the file."""
        return len(self._content)


def _split_header(piece: Piece, file: str) -> _CsvRows | None:
    """Take the header off a file's first piece; None if all its lines are blank."""
    if not piece.rows:
        return None
    text, line = piece.text.to_pybytes(), piece.first_line
    stop = int(row_spans(text, row_ends(text))[1][0])
    before = text[:stop]
    try:
        records = [row for row in csv.reader(io.StringIO(before.decode(), newline="")) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        raise TableError(f"{file}, line {line}: the header is not UTF-8 CSV: {error}") from error
    if len(records) != 1:
        raise TableError(f"{file}, line {line}: lines end in carriage returns without newlines")
    refuse_duplicates(f"{file}, line {line}", records[0])
    return _CsvRows(piece.text.slice(stop), line + before.count(b"\n"), piece.rows - 1, records[0])
