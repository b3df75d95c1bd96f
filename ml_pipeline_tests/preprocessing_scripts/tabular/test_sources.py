import datetime
import gzip
import re
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from preprocessing_scripts.tabular import csv_text
from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.schema import Schema
from preprocessing_scripts.tabular.sources import (
    Block,
    CsvSource,
    FrameSource,
    ParquetSource,
    Source,
    open_source,
)

AB: Schema = {"a": "number", "b": "text"}


def csv_source(folder: Path, *contents: bytes, block_bytes: int = 1 << 20) -> CsvSource:
    """A source of files x0.csv, x1.csv, ..."""
    files = [f"x{place}.csv" for place in range(len(contents))]
    for file, content in zip(files, contents, strict=True):
        (folder / file).write_bytes(content)
    return CsvSource(folder, files, block_bytes=block_bytes)


def rows_of(source: Source, schema: Schema) -> list[tuple[object, ...]]:
    """All rows, having checked what every block promises."""
    rows: list[tuple[object, ...]] = []
    before: Block | None = None
    seen = 0
    for block in source.blocks(list(schema)):
        if before is None or before.file != block.file:
            seen = 0
            assert block.number == 0
        else:
            assert block.number == before.number + 1
        assert block.file == source.files[block.file_index]
        assert block.first_row == seen
        table = source.read(block, schema)
        assert table.num_rows == block.rows > 0
        assert table.column_names == list(schema)
        assert {column.num_chunks for column in table.columns} == {1}
        rows.extend(zip(*(column.to_pylist() for column in table.columns), strict=True))
        seen += block.rows
        before = block
    return rows


def error_of(source: Source, schema: Schema = AB) -> str:
    with pytest.raises(TableError) as caught:
        rows_of(source, schema)
    return str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        b"a,b\n1,x\n,NA\n",
        b"a,b\n1,x\nNaN,null",
        b"a,b\r\n1,x\r\n,NA\r\n",
        b"a,b\r\n1,x\r\n,NA",
        b"\xef\xbb\xbfa,b\n1,x\n,NA\n",
        b'\xef\xbb\xbf"a","b"\n"1","x"\n"",""\n',
        b"b,a\nx,1\nNA,nan\n",
        b"c,a,b\n?,1,x\n?,,\n",
        b"\n\na,b\n\n1,x\r\n\r\n\n,NA\n\n\n",
        b'a,"b"\n 1 ,x\n,NA\n',
    ],
)
def test_text_that_means_the_same_is_read_the_same(tmp_path: Path, content: bytes) -> None:
    for block_bytes in (1, 5, 1 << 20):
        source = csv_source(tmp_path, content, block_bytes=block_bytes)
        assert rows_of(source, AB) == [(1.0, "x"), (None, None)]


def test_every_kind_comes_in_its_type_and_order(tmp_path: Path) -> None:
    source = csv_source(tmp_path, b"n,i,s,t,u\n1.5,7,a,2013-02-11 10:00,x\n,,,,\n")
    schema: Schema = {"t": "timestamp", "s": "text", "i": "integer", "n": "number"}
    (block,) = source.blocks()
    table = source.read(block, schema)
    assert table.schema.types == [pa.timestamp("us"), pa.string(), pa.int64(), pa.float64()]
    assert rows_of(source, schema) == [
        (datetime.datetime(2013, 2, 11, 10), "a", 7, 1.5),
        (None, None, None, None),
    ]


def test_quotes_hide_newlines_commas_and_quotes(tmp_path: Path) -> None:
    values = ["x\ny", "\n\n", 'say "hi"', ",", "\r\n", "plain"]
    lines = [f'{n},"{value.replace(chr(34), chr(34) * 2)}"' for n, value in enumerate(values)]
    content = ("a,b\n" + "\n".join(lines * 20) + "\n").encode()
    expected = [(float(n), value) for n, value in enumerate(values)] * 20
    for block_bytes in (1, 7, 64, 1 << 20):
        source = csv_source(tmp_path, content, block_bytes=block_bytes)
        assert rows_of(source, AB) == expected


@given(
    values=st.lists(st.text(st.sampled_from('ab",\n\r é'), max_size=6), min_size=1, max_size=30),
    block_bytes=st.integers(1, 60),
)
def test_any_text_survives_any_cut(
    tmp_path_factory: pytest.TempPathFactory, values: list[str], block_bytes: int
) -> None:
    frame = pd.DataFrame({"a": np.arange(len(values), dtype=float), "b": values})
    content = frame.to_csv(index=False, quoting=2).encode()
    source = csv_source(tmp_path_factory.mktemp("any"), content, block_bytes=block_bytes)
    expected = [(float(n), value or None) for n, value in enumerate(values)]
    assert rows_of(source, AB) == expected


def test_infinities_come_through_and_missing_values_are_as_told(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b\ninf,NA\n-Infinity,\n-999,x\n")
    source = open_source(tmp_path, missing_values=["", "-999"])
    assert rows_of(source, AB) == [(np.inf, "NA"), (-np.inf, None), (None, "x")]


def test_a_column_without_any_value(tmp_path: Path) -> None:
    source = csv_source(tmp_path, b"a,b\n,\nNA,\n")
    assert rows_of(source, AB) == [(None, None), (None, None)]


def test_files_differ_in_order_and_in_columns_that_nobody_wants(tmp_path: Path) -> None:
    source = csv_source(tmp_path, b"a,b\n1,x\n", b"", b"\n", b"a,b\n", b"more,b,a\n?,y,2\n")
    assert source.columns() == ["a", "b", "more"]
    assert "x1.csv" not in source.headers()
    assert rows_of(source, AB) == [(1.0, "x"), (2.0, "y")]
    assert {block.file_index for block in source.blocks()} == {0, 4}


def test_no_rows_at_all(tmp_path: Path) -> None:
    assert rows_of(csv_source(tmp_path, b"", b"a,b\n"), AB) == []
    (tmp_path / "empty").mkdir()
    source = open_source(tmp_path / "empty")
    assert (list(source.files), source.columns(), source.bytes_total()) == ([], [], 0)
    assert list(source.blocks()) == []


def long_file(rows: int = 20_000, line_end: str = "\n") -> list[str]:
    return ["a,b" + line_end, *(f"{row}.5,text {row}{line_end}" for row in range(rows))]


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_column_that_changes_type_late_is_named_with_its_line(
    tmp_path: Path, line_end: str
) -> None:
    lines = long_file(line_end=line_end)
    lines[18_000] = f"abc,x{line_end}"
    lines[19_000] = f"def,x{line_end}"
    source = csv_source(tmp_path, "".join(lines).encode(), block_bytes=1 << 16)
    assert error_of(source) == "x0.csv, line 18001, column a: 'abc' is not a number"


def test_lines_are_right_after_values_that_span_lines_and_blank_lines(tmp_path: Path) -> None:
    lines = ['a,b\n"1","x\n\ny"\n', "\n", "2,z\n", "\r\n", "3,z\n", "no,z\n"]
    for block_bytes in (1, 12, 1 << 20):
        source = csv_source(tmp_path, "".join(lines).encode(), block_bytes=block_bytes)
        assert error_of(source) == "x0.csv, line 9, column a: 'no' is not a number"


@pytest.mark.parametrize(
    ("row", "kind", "said"),
    [
        ("7.5,", "integer", "column a: '7.5' is not a whole number"),
        ("9" * 20 + ",", "integer", "column a: '99999999999999999999' is not a whole number"),
        ("1_000,", "number", "column a: '1_000' is not a number"),
        ("2013-02-30,", "timestamp", "column a: '2013-02-30' is not a time like 2013-"),
        ("noon,", "timestamp", "column a: 'noon' is not a time like 2013-"),
        ("z" * 500 + ",", "number", "column a: '" + "z" * 80 + "...' is not a number"),
        ("1", "text", "1 fields where the header has 2"),
        ("1,2,3", "text", "3 fields where the header has 2"),
        ('1,"2', "text", "a quotation mark is opened and never closed"),
        ("1,2\r3,4", "text", "a carriage return without a newline"),
        ("1\x00,2", "text", "not UTF-8 text: it holds NUL bytes"),
    ],
)
def test_a_bad_row_is_named_with_its_line(tmp_path: Path, row: str, kind: str, said: str) -> None:
    good = {"integer": "5,x\n", "timestamp": "2013-02-11,x\n"}.get(kind, "1,x\n")
    content = f"a,b\n{good * 50}{row}\n{good * 50}".encode()
    for block_bytes in (16, 1 << 20):
        source = csv_source(tmp_path, content, block_bytes=block_bytes)
        message = error_of(source, {"a": kind, "b": "text"})  # type: ignore[dict-item]
        assert message.startswith("x0.csv, line 52")
        assert said in message


def test_text_that_is_not_utf8(tmp_path: Path) -> None:
    source = csv_source(tmp_path, b"a,b\n1,x\n2,caf\xe9\n3,y\n")
    assert error_of(source) == "x0.csv, line 3, column b: not UTF-8 text: b'caf\\xe9'"
    assert rows_of(source, {"a": "number"}) == [(1.0,), (2.0,), (3.0,)]
    header = csv_source(tmp_path, b"a,caf\xe9\n1,x\n")
    assert error_of(header).startswith("x0.csv, line 1: the header is not UTF-8 CSV")
    assert "line 1: not UTF-8 text: it holds NUL" in error_of(
        csv_source(tmp_path, "a,b\n1,x\n".encode("utf-16"))
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b,a\n1,2,3\n", "x0.csv, line 1: duplicate columns: 'a'"),
        (b"\n\na,c\n1,2\n", "x0.csv: missing columns: b (found: a, c)"),
        (b"a,b\r1,2\r", "x0.csv, line 1: lines end in carriage returns without newlines"),
        (b'a,"b\n1,2\n', "x0.csv, line 1: a quotation mark is opened and never closed"),
        (b'a,b\n1,5" pipe\n2,x\n3,7" pipe\n4,x\n', "line 2: a quotation mark within a value"),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    assert said in error_of(csv_source(tmp_path, content))


def test_a_missing_column_is_named_with_the_file_that_lacks_it(tmp_path: Path) -> None:
    source = csv_source(tmp_path, b"a,b\n1,x\n", b"a,c\n2,y\n")
    assert source.columns() == ["a", "b", "c"]
    assert error_of(source) == "x1.csv: missing columns: b (found: a, c)"


def test_a_row_that_never_ends_does_not_fill_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_text, "MAX_ROW_BYTES", 1 << 16)
    lines = long_file()
    lines[9] = '9.5,5" pipe\n'
    source = csv_source(tmp_path, "".join(lines).encode(), block_bytes=1 << 12)
    assert error_of(source).startswith("x0.csv, line 10: a row of more than ")


def test_gzip_is_read_in_all_its_members(tmp_path: Path) -> None:
    lines = long_file()
    halves = "".join(lines[:7_000]).encode(), "".join(lines[7_000:]).encode()
    (tmp_path / "x.csv.gz").write_bytes(b"".join(map(gzip.compress, halves)))
    source = CsvSource(tmp_path, ["x.csv.gz"], block_bytes=1 << 14)
    assert rows_of(source, AB) == [(row + 0.5, f"text {row}") for row in range(20_000)]
    assert sum(block.size for block in source.blocks()) == source.bytes_total()


def flipped(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes(byte ^ 0xFF for byte in data[middle : middle + 8]) + data[-9:]


@pytest.mark.parametrize(
    ("damage", "least", "most"),
    [
        (lambda data: data[: len(data) // 2], 5_000, 15_000),
        (lambda data: data[:-4], 19_000, 20_000),
        (lambda data: data + b"something else", 19_000, 20_000),
        (flipped, 5_000, 15_000),
        (lambda data: b"a,b\n1,2\n", 0, 0),
    ],
)
def test_a_gzip_that_is_cut_off_or_damaged(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    damage: Callable[[bytes], bytes],
    least: int,
    most: int,
) -> None:
    monkeypatch.setattr(csv_text, "_GZIP_STEP_BYTES", 1 << 12)
    data = gzip.compress("".join(long_file()).encode())
    (tmp_path / "x.csv.gz").write_bytes(damage(data))
    message = error_of(CsvSource(tmp_path, ["x.csv.gz"], block_bytes=1 << 16))
    assert message.startswith("x.csv.gz: cannot be read further after about ")
    assert least <= int(message.split(" about ")[1].split()[0]) <= most


def test_a_file_that_has_gone(tmp_path: Path) -> None:
    message = error_of(CsvSource(tmp_path, ["gone.csv"]))
    assert message.startswith("gone.csv: cannot be read")


def test_blocks_depend_on_the_data_alone_and_may_be_read_in_any_order(tmp_path: Path) -> None:
    content = "".join(long_file()).encode()
    source = csv_source(tmp_path, content, content, block_bytes=1 << 14)
    blocks = list(source.blocks())
    again = list(source.blocks())
    assert len(blocks) > 20
    assert [(b.first_row, b.rows, b.size) for b in blocks] == [
        (b.first_row, b.rows, b.size) for b in again
    ]
    with ThreadPoolExecutor(4) as pool:
        tables = list(pool.map(lambda block: source.read(block, AB), reversed(blocks)))
    assert [table.num_rows for table in tables] == [block.rows for block in reversed(blocks)]
    assert (
        pa.concat_tables(reversed(tables)).column("a").to_pylist()
        == [row + 0.5 for row in range(20_000)] * 2
    )


def test_what_was_read_does_not_keep_the_text(tmp_path: Path) -> None:
    source = csv_source(tmp_path, "".join(long_file()).encode())
    (block,) = source.blocks()
    text = block.content.text
    before = sys.getrefcount(text)
    table = source.read(block, AB)
    assert sys.getrefcount(text) == before
    held = {b.address for c in table.columns for b in c.chunk(0).buffers() if b is not None}
    assert not any(text.address <= address < text.address + text.size for address in held)


SET_ASIDE = (
    *(".hidden.csv", ".x/y.csv", "_SUCCESS", "_delta_log/0.json", "_delta_log/0.parquet"),
    *("_temporary/0/part.csv", "ds=1/_spark_metadata/0", "ds=1/_part.csv", ".part.csv.crc"),
)


@pytest.mark.parametrize(
    "name", ["a.tsv", "a.csv.zip", "a.csv.bz2", "a.csv.zst", "x/notes.txt", "part-00000", "a.json"]
)
def test_a_file_that_is_not_read_is_refused(tmp_path: Path, name: str) -> None:
    for one in ("a.csv", name):
        (tmp_path / one).parent.mkdir(exist_ok=True)
        (tmp_path / one).write_bytes(b"a,b\n1,x\n")
    with pytest.raises(TableError, match=rf"{re.escape(name)} is no \.csv.*begin its name with _"):
        open_source(tmp_path)


def test_a_folder_is_searched_for_one_kind_of_file(tmp_path: Path) -> None:
    for name in ("b.csv", "a/z.CSV", "a.csv.gz", *SET_ASIDE, "_ds=1/c.csv", "B.csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        content = b"a,b\n1,x\n"
        path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    source = open_source(tmp_path)
    assert list(source.files) == ["B.csv", "_ds=1/c.csv", "a.csv.gz", "a/z.CSV", "b.csv"]
    assert rows_of(source, AB) == [(1.0, "x")] * 5
    pq.write_table(pa.table({"a": [1.0]}), tmp_path / "c.parquet")
    with pytest.raises(TableError, match=r"both CSV and parquet files \(B\.csv, c\.parquet\)"):
        open_source(tmp_path)
    with pytest.raises(TableError, match="no such folder"):
        open_source(tmp_path / "nowhere")


def parquet_source(folder: Path, *tables: pa.Table, row_group: int = 1 << 20) -> ParquetSource:
    for place, table in enumerate(tables):
        pq.write_table(table, folder / f"x{place}.parquet", row_group_size=row_group)
    source = open_source(folder)
    assert isinstance(source, ParquetSource)
    return source


STORED = pa.table(
    {
        "whole": pa.array([1, None, 3], pa.int32()),
        "half": pa.array([1.0, np.nan, np.inf], pa.float32()),
        "yes": [True, None, False],
        "level": pa.array(["x", None, "x"]).dictionary_encode(),
        "day": pa.array([datetime.date(2013, 2, 11), None, None]),
        "zoned": pa.array([0, None, 1_000], pa.timestamp("ns", "America/New_York")),
        "said": [" 1.5 ", None, "2"],
    }
)


def test_parquet_is_converted_to_the_kinds(tmp_path: Path) -> None:
    source = parquet_source(tmp_path, STORED, STORED.slice(0, 0), row_group=2)
    schema: Schema = {
        "half": "number",
        "whole": "number",
        "yes": "integer",
        "level": "text",
        "day": "timestamp",
        "zoned": "timestamp",
        "said": "number",
    }
    epoch = datetime.datetime(1970, 1, 1)
    assert rows_of(source, schema) == [
        (1.0, 1.0, 1, "x", datetime.datetime(2013, 2, 11), epoch, 1.5),
        (None,) * 7,
        (np.inf, 3.0, 0, "x", None, epoch + datetime.timedelta(microseconds=1), 2.0),
    ]
    assert source.columns() == STORED.column_names
    assert sum(block.size for block in source.blocks()) <= source.bytes_total()


@pytest.mark.parametrize(
    ("table", "schema", "said"),
    [
        ({"a": [1.5]}, {"a": "integer"}, "x0.parquet, rows 1 to 1, column a: cannot be read as"),
        (
            {"a": [1.5]},
            {"a": "timestamp"},
            "cannot be read as timestamp: numbers are times only if",
        ),
        ({"a": ["x"]}, {"a": "number"}, "column a: cannot be read as number: Failed to parse"),
        ({"a": [1]}, {"b": "number"}, "x0.parquet: missing columns: b (found: a)"),
        ({"a": [[1]]}, {"a": "number"}, "column a: cannot be read as number"),
    ],
)
def test_parquet_that_does_not_fit(
    tmp_path: Path, table: dict[str, list[object]], schema: Schema, said: str
) -> None:
    assert said in error_of(parquet_source(tmp_path, pa.table(table)), schema)


def test_a_large_row_group_comes_in_small_blocks(tmp_path: Path) -> None:
    table = pa.table({f"c{n}": np.arange(20_000.0) for n in range(200)})
    source = parquet_source(tmp_path, table)
    blocks = list(source.blocks(["c7"]))
    assert max(block.rows for block in blocks) <= 1 << 14
    assert len(blocks) > 2
    assert [block.rows for block in blocks] == [block.rows for block in source.blocks()]
    assert rows_of(source, {"c7": "integer"}) == [(row,) for row in range(20_000)]


def test_parquet_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"")
    assert list(open_source(tmp_path).blocks()) == []
    pq.write_table(STORED, tmp_path / "b.parquet")
    whole = (tmp_path / "b.parquet").read_bytes()
    for damaged in (b"a,b\n1,2\n", whole[:-20], whole[:4] + b"\xff" * 200 + whole[204:]):
        (tmp_path / "b.parquet").write_bytes(damaged)
        assert error_of(open_source(tmp_path), {"whole": "number"}).startswith("b.parquet: cannot")


def test_a_frame_is_read_as_the_file_of_it(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "number": [1.5, np.nan, np.inf, 4.0],
            "whole": pd.array([1, None, 3, 4], "Int64"),
            "level": pd.Categorical(["x", None, "y", "x"]),
            "text": ["p", None, "q", float("nan")],
            "time": pd.DatetimeIndex(["2013-02-11T10:00Z", None, "2013-02-11T00:00Z", None]),
        },
        index=[5, 5, 5, 5],
    )
    schema: Schema = {
        "time": "timestamp",
        "text": "text",
        "level": "text",
        "whole": "integer",
        "number": "number",
    }
    source = FrameSource(frame, rows_per_block=3)
    assert [(b.file, b.first_row, b.rows) for b in source.blocks()] == [
        ("frame", 0, 3),
        ("frame", 3, 1),
    ]
    assert sum(block.size for block in source.blocks()) == source.bytes_total() > 0
    frame.to_csv(tmp_path / "x.csv", index=False)
    expected = rows_of(open_source(tmp_path), schema)
    assert rows_of(source, schema) == expected
    assert expected[0] == (datetime.datetime(2013, 2, 11, 10), "p", "x", 1, 1.5)
    assert expected[1] == (None,) * 5


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame({"a": ["x", 1]}), "frame, column a: mixed values"),
        (pd.DataFrame({"a": ["x"]}), "frame, rows 1 to 1, column a: cannot be read as number"),
        (pd.DataFrame({"b": [1]}), "frame: missing columns: a (found: b)"),
    ],
)
def test_a_frame_that_does_not_fit(frame: pd.DataFrame, said: str) -> None:
    assert said in error_of(FrameSource(frame), {"a": "number"})


def test_a_frame_with_two_columns_of_a_name() -> None:
    with pytest.raises(TableError, match="frame: duplicate columns: '1'"):
        FrameSource(pd.DataFrame([[1, 2]], columns=[1, "1"]))
