"""What the saved pipeline makes of rows that people read with pandas: the channels' rows."""

import csv
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_pipeline_tests.preprocessing_scripts.tabular.engine_runs import read_channel, run_folder
from ml_pipeline_tests.preprocessing_scripts.tabular.typed_columns import (
    IN_CSV,
    IN_PARQUET,
    MISSING_WORDS,
    Column,
)

pytestmark = pytest.mark.filterwarnings("ignore")

ROWS = 40
ALONE = (0, 7, 19, 31)
"""Rows that are read one by one, too: one row alone tells a reader less of its column's type."""

Read = Callable[[Path], pd.DataFrame]


TIMES = [name for name, column in IN_CSV.items() if "time" in column.roles]


def read_times(path: Path) -> pd.DataFrame:
    """Read CSV with its times as such, as far as pandas has them."""
    there = pd.read_csv(path, nrows=0).columns
    return pd.read_csv(path, parse_dates=[name for name in TIMES if name in there])


READERS: Mapping[str, Mapping[str, Read]] = {
    "csv": {
        "as it is": pd.read_csv,
        "nullable": lambda path: pd.read_csv(path, dtype_backend="numpy_nullable"),
        "arrow": lambda path: pd.read_csv(path, dtype_backend="pyarrow"),
        "by arrow": lambda path: pd.read_csv(path, engine="pyarrow"),
        "text": lambda path: pd.read_csv(path, dtype=str),
        "text alone": lambda path: pd.read_csv(path, dtype=str, keep_default_na=False),
        "with times": read_times,
        "records": lambda path: pd.DataFrame(pd.read_csv(path).to_dict("records"), dtype=object),
        "categories": lambda path: pd.read_csv(path).astype("category"),
        "objects": lambda path: pd.read_csv(path).astype(object),
    },
    "parquet": {
        "as it is": pd.read_parquet,
        "nullable": lambda path: pd.read_parquet(path, dtype_backend="numpy_nullable"),
        "arrow": lambda path: pd.read_parquet(path, dtype_backend="pyarrow"),
        "objects": lambda path: pd.read_parquet(path).astype(object),
    },
}
COLUMNS: Mapping[str, Mapping[str, Column]] = {"csv": IN_CSV, "parquet": IN_PARQUET}


@dataclass(frozen=True)
class Table:
    """A table in a file.

    Attributes:
        path: Of the file, alone in its folder.
        columns: What it has besides ``row``, ``label`` and ``plain``.
        cells: Their values, by column.
    """

    path: Path
    columns: Sequence[str]
    cells: Sequence[Sequence[Any]]
    word: str = ""

    def write(self, path: Path, rows: Sequence[int]) -> Path:
        """Write some of its rows."""
        path.parent.mkdir(exist_ok=True)
        names = ["row", "label", "plain", *self.columns]
        cells = [[*range(ROWS)], [i % 2 for i in range(ROWS)], [i / 8 for i in range(ROWS)]]
        chosen = [[column[row] for row in rows] for column in [*cells, *self.cells]]
        if path.suffix == ".csv":
            with path.open("w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(names)
                for fields in zip(*chosen, strict=True):
                    writer.writerow([self.word if one is None else one for one in fields])
        else:
            types = [
                pa.int64(),
                pa.int8(),
                pa.float64(),
                *(IN_PARQUET[c].type for c in self.columns),
            ]
            arrays = [pa.array(one, kind) for one, kind in zip(chosen, types, strict=True)]
            pq.write_table(pa.table(arrays, names=names), path)
        return path


def make(path: Path, columns: Sequence[str], seed: int, gaps: float, word: str = "") -> Table:
    random = np.random.default_rng(seed)
    known = COLUMNS[path.suffix[1:]]
    cells = [known[name].draw(random, ROWS, gaps) for name in columns]
    table = Table(path, columns, cells, word)
    table.write(path, range(ROWS))
    return table


def check(table: Table, spec: Mapping[str, Any], readers: Sequence[str], folder: Path) -> None:
    """Insist that what the pipeline makes of a table's rows is in the channels."""
    run_folder(table.path.parent, spec, folder / "out")
    pipeline = joblib.load(folder / "out" / "preprocessor" / "preprocessor.joblib")
    names = [str(name) for name in pipeline.get_feature_names_out()]
    written = pd.concat([read_channel(folder / "out", name) for name in ("train", "validation")])
    expected = written.set_index("row")[names].sort_index().to_numpy(float)
    shown = np.ones(expected.shape, dtype=bool)
    encoded = {
        c for group in spec["categorical"] if group["encode"] == "target" for c in group["columns"]
    }
    for place, name in enumerate(names):
        # What a training row gets for its level comes from other rows than the pipeline's.
        shown[read_channel(folder / "out", "train")["row"], place] = name not in encoded
    for name in readers:
        read = READERS[table.path.suffix[1:]][name]
        found = pipeline.transform(read(table.path))
        np.testing.assert_allclose(
            found[shown], expected[shown], rtol=1e-4, atol=1e-4, err_msg=name
        )
        for row in ALONE if name != "categories" else ():
            alone = read(table.write(folder / "alone" / table.path.name, [row]))
            np.testing.assert_allclose(
                pipeline.transform(alone)[0, shown[row]],
                expected[row, shown[row]],
                rtol=1e-4,
                atol=1e-4,
                err_msg=f"{name}, row {row}",
            )


@pytest.mark.parametrize("kind", list(READERS))
def test_categories_of_every_type_by_every_reader(kind: str, tmp_path: Path) -> None:
    table = make(tmp_path / "in" / f"a.{kind}", list(COLUMNS[kind]), 3, gaps=0.2)
    spec = {
        "label": {"column": "label"},
        "categorical": [{"columns": list(COLUMNS[kind]), "encode": "one_hot"}],
        "keep": ["row"],
    }
    check(table, spec, list(READERS[kind]), tmp_path)


@st.composite
def specs(draw: st.DrawFn, kind: str) -> dict[str, Any]:
    """Some of the columns, each taken for one of the things that it may be taken for."""
    names = draw(
        st.lists(st.sampled_from(list(COLUMNS[kind])), min_size=1, max_size=4, unique=True)
    )
    roles = {name: draw(st.sampled_from(COLUMNS[kind][name].roles)) for name in names}
    features = [
        {"name": f"{operation} of {name}", operation: name}
        for name in names
        if roles[name] == "time"
        for operation in ("hour", "day_of_week")
    ]
    numbers = [name for name in names if roles[name] == "number"]
    texts = [name for name in names if roles[name] == "text"]
    text = {
        "columns": texts,
        "encode": draw(st.sampled_from(["one_hot", "target"])),
        "impute": draw(st.sampled_from(["most_frequent", "constant"])),
        "fill": draw(st.sampled_from(["missing", "1.0"])),
        "min_count": draw(st.sampled_from([0, 8, 1000])),
    }
    return {
        "label": {"column": "label"},
        "features": features,
        "numeric": [
            {
                "columns": [*numbers, *(feature["name"] for feature in features), "plain"],
                "scale": draw(st.sampled_from(["standard", "none"])),
            }
        ],
        "categorical": [text] if texts else [],
        "keep": ["row"],
        "split": {"method": "hash", "validation": 0.4},
    }


@pytest.mark.parametrize("kind", list(READERS))
@settings(deadline=None, max_examples=12)
@given(data=st.data())
def test_any_columns_for_any_purpose(kind: str, data: st.DataObject) -> None:
    spec = data.draw(specs(kind))
    made = {feature["name"]: list(feature.values())[1] for feature in spec["features"]}
    used = [c for group in (*spec["numeric"], *spec["categorical"]) for c in group["columns"]]
    names = list(dict.fromkeys(made.get(name, name) for name in used if name != "plain"))
    seed = data.draw(st.integers(0, 2**32))
    gaps = data.draw(st.sampled_from([0.0, 0.1, 0.5]))
    word = data.draw(st.sampled_from(MISSING_WORDS))
    readers = [data.draw(st.sampled_from(list(READERS[kind])))]
    with tempfile.TemporaryDirectory() as folder:
        table = make(Path(folder) / "in" / f"a.{kind}", names, seed, gaps, word)
        check(table, spec, readers, Path(folder))
