import gzip
from pathlib import Path

import pandas as pd
import pytest

from preprocessing_scripts.outcome import ScriptError
from preprocessing_scripts.texts.rows import Row, TextFiles


def test_all_kinds_of_files_in_the_order_of_their_names(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text('label,text\n1,"two\nlines, ""quoted"""\n2,\n3,NULL\n')
    with gzip.open(tmp_path / "b.csv.gz", "wt") as file:
        file.write("text,label\n12,4\n")
    pd.DataFrame({"label": [5, 6], "text": ["parquet", None]}).to_parquet(tmp_path / "c.parquet")
    (tmp_path / "notes.txt").write_text("not read")
    rows = TextFiles(tmp_path, "text", "label")
    wanted = [
        Row('two\nlines, "quoted"', 1),
        Row("NULL", 3),
        Row("12", 4),
        Row("parquet", 5),
    ]
    assert list(rows.rows()) == wanted
    assert list(rows.rows()) == wanted  # and once more


def test_without_labels(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,other\nhello,x\n")
    assert list(TextFiles(tmp_path, "text", None).rows()) == [Row("hello")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "body,label\nx,1\n", "a.csv: Column 'text'"),
        ("a.csv", "text,label\nx,late\n", "invalid value 'late'"),
        ("a.csv", "text,label\nx,\n", "a row has no number in its column label"),
        ("a.csv", "", "Empty CSV file"),
        ("a.parquet", "no parquet", "a.parquet: "),
    ],
)
def test_faulty_files_are_named(tmp_path: Path, name: str, content: str, message: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(ScriptError, match=message):
        list(TextFiles(tmp_path, "text", "label").rows())


def test_a_column_that_a_parquet_file_lacks(tmp_path: Path) -> None:
    pd.DataFrame({"body": ["x"]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(ScriptError, match=r"a.parquet: there is no column text; there are body"):
        list(TextFiles(tmp_path, "text", None).rows())


def test_no_files(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match=r"there is no \.csv, \.csv\.gz, \.parquet file below"):
        TextFiles(tmp_path, "text", None)
