"""Runs of the engine in this process, and what the tests of it share."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.pipeline import Pipeline

from preprocessing_scripts.progress import Progress
from preprocessing_scripts.tabular.engine import Result, run
from preprocessing_scripts.tabular.sources import CsvSource, open_source
from preprocessing_scripts.tabular.spec_json import parse_spec

FITTED = {
    "impute": ["statistics_"],
    "scale": ["mean_", "var_", "scale_", "data_min_", "data_max_", "min_", "center_"],
    "encode": ["categories_", "infrequent_categories_", "encodings_", "target_mean_"],
}
"""What scikit-learn's transformers learn, by the step that each is."""


@dataclass(frozen=True)
class Run:
    """What came of a run.

    Attributes:
        result: What it returned.
        output: What it wrote.
    """

    result: Result
    output: Path

    def channel(self, name: str) -> pd.DataFrame:
        return read_channel(self.output, name)


def read_channel(output: Path, name: str) -> pd.DataFrame:
    """All parts of a channel in their order; no rows if there are none."""
    parts = sorted((output / name).glob("*.parquet"))
    return pd.concat([pd.read_parquet(part) for part in parts]) if parts else pd.DataFrame()


def rows_of(output: Path, name: str) -> list[int]:
    """The column ``row``, which a spec must keep, of a channel."""
    frame = read_channel(output, name)
    return frame["row"].astype(int).tolist() if len(frame) else []


def write_files(folder: Path, files: Mapping[str, pd.DataFrame]) -> Path:
    """Write frames as CSV, by name."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        frame.to_csv(folder / name, index=False)
    return folder


def run_files(
    folder: Path, files: Mapping[str, pd.DataFrame], spec: Mapping[str, Any], block_bytes: int
) -> Run:
    """Run the engine on files, cut into blocks of a size."""
    source = CsvSource(write_files(folder / "in", files), sorted(files), block_bytes=block_bytes)
    result = run(parse_spec(spec), source, folder / "out", Progress(None))
    return Run(result, folder / "out")


@contextmanager
def engine(
    frame: pd.DataFrame, spec: Mapping[str, Any], block_bytes: int = 1 << 20
) -> Iterator[Run]:
    """Run the engine on one file, in a folder that goes when the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        yield run_files(Path(folder), {"a.csv": frame}, spec, block_bytes)


def run_folder(folder: Path, spec: Mapping[str, Any], output: Path) -> Run:
    """Run the engine on a folder, as the script does."""
    parsed = parse_spec(spec)
    source = open_source(folder, parsed.missing_values)
    return Run(run(parsed, source, output, Progress(None)), output)


def learned(pipeline: Pipeline) -> dict[str, list[Any]]:
    """What a pipeline's transformers have learned: transformer, step and attribute -> arrays."""
    found: dict[str, list[Any]] = {}
    for name, transformer, _ in pipeline.named_steps["columns"].transformers_:
        for step, attributes in FITTED.items():
            fitted = getattr(transformer, "named_steps", {}).get(step)
            for attribute in attributes:
                value = getattr(fitted, attribute, None)
                if value is not None:
                    found[f"{name}.{step}.{attribute}"] = _arrays(value)
    return found


def _arrays(value: Any) -> list[npt.NDArray[Any]]:
    several = value if isinstance(value, list) else [value]
    return [np.atleast_1d(np.asarray(one)) for one in several]


def same(left: Sequence[Any], right: Sequence[Any], relative: float, absolute: float) -> None:
    """Compare what two transformers have learned."""
    assert len(left) == len(right)
    for one, other in zip(left, right, strict=True):
        if other.dtype.kind in "fiu":
            np.testing.assert_allclose(
                one.astype(float), other.astype(float), rtol=relative, atol=absolute
            )
        else:
            assert one.tolist() == other.tolist()


def table(rows: int = 80, seed: int = 0) -> pd.DataFrame:
    """A small table without any fault: row, y, a, b, c, t."""
    random = np.random.default_rng(seed)
    times = pd.Timestamp("2020-01-01") + pd.to_timedelta(random.permutation(rows), "h")
    return pd.DataFrame(
        {
            "row": np.arange(rows),
            "y": (np.arange(rows) % 3 == 0).astype(int),
            "a": random.normal(size=rows),
            "b": random.normal(size=rows) * 7 + 3,
            "c": random.choice(["u", "v", "w"], rows),
            "t": times.strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    )


def spec_of(**members: Any) -> dict[str, Any]:
    """A spec for ``table``, in which any member can be another."""
    usual: dict[str, Any] = {
        "label": {"column": "y"},
        "numeric": [{"columns": ["a", "b"]}],
        "categorical": [{"columns": ["c"]}],
        "keep": ["row"],
    }
    return {name: value for name, value in (usual | members).items() if value is not None}
