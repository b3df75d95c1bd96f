"""Where the engine's output and its pipeline could differ, one corner at a time."""

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from ml_pipeline_tests.preprocessing_scripts.tabular.engine_runs import (
    Run,
    engine,
    read_channel,
    rows_of,
    run_folder,
    spec_of,
    table,
    write_files,
)
from preprocessing_scripts.progress import Progress
from preprocessing_scripts.tabular.engine import run as run_engine
from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.sources import FrameSource
from preprocessing_scripts.tabular.spec_json import parse_spec

HOUR = {"features": [{"name": "hour", "hour": "t"}], "numeric": [{"columns": ["hour"]}]}


def agree(run: Run, raw: pd.DataFrame, absolute: float = 1e-4) -> npt.NDArray[np.float64]:
    """Insist that the pipeline makes of validation rows what was written, and return that."""
    names = list(run.result.pipeline.get_feature_names_out())
    rows = rows_of(run.output, "validation")
    assert rows
    found = run.channel("validation")[names].to_numpy(float)
    expected = run.result.pipeline.transform(raw.set_index("row", drop=False).loc[rows])
    np.testing.assert_allclose(found, expected, atol=absolute, rtol=0)
    return found


def test_text_alone() -> None:
    raw = table()
    with engine(raw, spec_of(numeric=None)) as run:
        assert agree(run, raw).shape[1] == 3


def test_numbers_alone() -> None:
    raw = table()
    with engine(raw, spec_of(categorical=None)) as run:
        assert agree(run, raw).shape[1] == 2


@pytest.mark.parametrize("encode", ["one_hot", "target"])
def test_text_that_parquet_says_is_missing(tmp_path: Path, encode: str) -> None:
    raw = table().assign(c=lambda frame: frame["c"].mask(frame["row"] % 3 == 0, other=None))
    (tmp_path / "in").mkdir()
    raw.to_parquet(tmp_path / "in" / "a.parquet", row_group_size=30)
    group = {"columns": ["c"], "impute": "most_frequent", "encode": encode}
    run = run_folder(tmp_path / "in", spec_of(categorical=[group]), tmp_path / "out")
    raw = pd.read_parquet(tmp_path / "in" / "a.parquet")
    assert raw["c"].isna().any()
    agree(run, raw)


@pytest.mark.parametrize("dtype", ["string", "category", object])
def test_text_that_pandas_says_is_missing(dtype: Any) -> None:
    raw = table()
    raw.loc[::3, "c"] = None
    with engine(raw, spec_of()) as run:
        agree(run, raw.astype({"c": dtype}))


def test_numbers_that_pandas_says_are_missing() -> None:
    raw = table().assign(a=lambda frame: frame["row"].where(frame["row"] % 3 > 0).astype("Int64"))
    with engine(raw, spec_of(features=[{"name": "ab", "product": ["a", "b"]}])) as run:
        agree(run, raw)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_levels_that_are_whole_numbers(tmp_path: Path, kind: str) -> None:
    raw = table().assign(c=lambda frame: frame["row"] % 3)
    if kind == "csv":
        write_files(tmp_path / "in", {"a.csv": raw})
    else:
        (tmp_path / "in").mkdir()
        raw.to_parquet(tmp_path / "in" / "a.parquet")
    run = run_folder(tmp_path / "in", spec_of(), tmp_path / "out")
    assert (agree(run, raw)[:, 2:].sum(axis=1) == 1).all()


@pytest.mark.parametrize(
    ("members", "kept"),
    [
        ({"split": {"method": "temporal", "column": "t"}}, "t"),
        ({"split": {"method": "temporal", "column": "row"}}, "row"),
        ({"split": {"method": "hash", "column": "c"}}, "c"),
        ({"features": [{"name": "x", "product": ["row", "a"]}]}, "row"),
        ({"features": [{"name": "x", "hour": "t"}]}, "t"),
        ({"holdout": {"column": "row", "equals": "3"}}, "row"),
        ({"categorical": [{"columns": ["row"], "encode": "one_hot"}]}, "c"),
    ],
    ids=str,
)
def test_what_is_kept_may_be_used_too(members: dict[str, Any], kept: str) -> None:
    raw = table()
    keep = list(dict.fromkeys(["row", kept]))
    with engine(raw, spec_of(keep=keep, **members)) as run:
        train = run.channel("train").set_index("row", drop=False)
        expected = raw[kept][train.index.astype(int)]
        if kept == "t":
            expected, found = (pd.to_datetime(one, utc=True) for one in (expected, train[kept]))
            assert found.tolist() == expected.tolist()
        else:
            assert train[kept].astype(expected.dtype).tolist() == expected.tolist()


def test_what_is_kept_stays_as_it_is() -> None:
    raw = table().assign(
        large=lambda frame: 9007199254740993 + frame["row"],
        code=lambda frame: frame["row"].map("{:03}".format),
    )
    raw.loc[70:, "code"] = "A12"
    with engine(raw, spec_of(keep=["row", "large", "code"])) as run:
        train = run.channel("train")
    expected = raw.loc[train["row"]]
    assert train["large"].tolist() == expected["large"].tolist()
    assert train["code"].tolist() == expected["code"].tolist()


def test_every_kind_of_source_gives_the_same(tmp_path: Path) -> None:
    raw = table()
    raw.loc[::5, ["a", "c"]] = None
    write_files(tmp_path / "csv", {"x.csv": raw})
    for name in ("gzip", "parquet"):
        (tmp_path / name).mkdir()
    (tmp_path / "gzip" / "x.csv.gz").write_bytes(
        gzip.compress((tmp_path / "csv" / "x.csv").read_bytes())
    )
    raw.to_parquet(tmp_path / "parquet" / "x.parquet")
    # Rows are dealt by their file's name, which differs: by time they are dealt alike.
    spec = spec_of(split={"method": "temporal", "column": "t"})
    for name in ("csv", "gzip", "parquet"):
        run_folder(tmp_path / name, spec, tmp_path / "out" / name)
    run_engine(parse_spec(spec), FrameSource(raw), tmp_path / "out" / "frame", Progress(None))
    for channel in ("train", "validation"):
        expected = read_channel(tmp_path / "out" / "csv", channel)
        assert len(expected)
        for name in ("gzip", "parquet", "frame"):
            found = read_channel(tmp_path / "out" / name, channel)
            pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_infinities_in_inputs_of_features_are_counted() -> None:
    raw = table()
    raw.loc[::2, "b"] = np.inf
    features = [{"name": "ratio", "ratio": ["a", "b"]}]
    with engine(raw, spec_of(features=features, numeric=[{"columns": ["ratio"]}])) as run:
        assert run.result.details["infinite"] == {"b": 40}


def test_an_infinite_input_of_a_feature_is_missing_in_the_pipeline_too() -> None:
    raw = table()
    raw.loc[::2, "b"] = np.inf
    features = [{"name": "ratio", "ratio": ["a", "b"]}]
    numeric = [{"columns": ["ratio"], "impute": "constant", "fill": 5, "scale": "none"}]
    with engine(raw, spec_of(features=features, numeric=numeric)) as run:
        assert 5 in agree(run, raw)[:, 0]


def test_large_numbers_close_together_keep_their_distances() -> None:
    raw = table().assign(a=lambda frame: 1.6e9 + frame["row"] % 7)
    with engine(raw, spec_of(numeric=[{"columns": ["a"]}])) as run:
        agree(run, raw)


def test_large_numbers_keep_their_distances_after_blocks_without_any() -> None:
    raw = table().assign(a=lambda frame: 1.6e9 + frame["row"] % 7)
    raw.loc[:40, "a"] = np.nan
    with engine(raw, spec_of(numeric=[{"columns": ["a"]}]), block_bytes=500) as run:
        agree(run, raw)


@pytest.mark.parametrize("scale", ["standard", "minmax", "robust"])
@pytest.mark.parametrize("far", ["most", "all that train"])
def test_what_float32_cannot_hold_beside_other_values_is_refused(
    tmp_path: Path, scale: str, far: str
) -> None:
    first = table(20).assign(row=lambda frame: frame["row"] + 200, a=0.0)
    other = table(200).assign(a=lambda frame: 1.6e9 + frame["row"] % 7)
    split = {"method": "temporal", "column": "row"} if far == "all that train" else {}
    folder = write_files(tmp_path / "in", {"a.csv": first, "b.csv": other})
    spec = spec_of(numeric=[{"columns": ["a"], "scale": scale}], split=split | {"validation": 0.1})
    exact = run_folder(folder, spec | {"output": {"dtype": "float64"}}, tmp_path / "exact")
    rows = pd.concat([first, other])
    if scale == "robust" or far == "all that train":
        with pytest.raises(TableError, match=r'column a: .*"dtype": "float64"'):
            run_folder(folder, spec, tmp_path / "out")
    else:
        agree(run_folder(folder, spec, tmp_path / "out"), rows)
    assert np.unique(agree(exact, rows)).size > 1


@pytest.mark.parametrize(
    ("scale", "values", "said"),
    [
        ("standard", [1e-42, 3e-42, 7e-42], "too close together for float32"),
        ("minmax", [-3e38, 1.0, 3e38], "too large for float32"),
        ("robust", [1.0, 1.0 + 1e-6, 1e35], "too far from each other for float32"),
    ],
)
def test_scales_that_float32_does_not_hold_are_refused(
    scale: str, values: list[float], said: str
) -> None:
    shares = [0, 0, 0, 0, 0, 1, 1, 1, 1, 2]
    raw = table().assign(a=lambda frame: [values[shares[row % 10]] for row in frame["row"]])
    spec = spec_of(numeric=[{"columns": ["a"], "scale": scale}])
    with pytest.raises(TableError, match=f"column a: .*{said}"), engine(raw, spec):
        pass
    with engine(raw, spec | {"output": {"dtype": "float64"}}) as run:
        agree(run, raw)


def test_a_value_that_is_infinite_once_scaled_is_refused() -> None:
    raw = table().assign(a=lambda frame: frame["a"] * 1e-3)
    raw.loc[79, "a"] = 1e37
    split = {"method": "temporal", "column": "row"}
    with (
        pytest.raises(TableError, match="column a: a value too far"),
        engine(raw, spec_of(split=split)),
    ):
        pass


def test_a_column_that_is_constant_in_training_is_not_too_far_away() -> None:
    raw = table().assign(a=lambda frame: np.where(frame["row"] < 64, 1.0, 10.0))
    temporal = {"method": "temporal", "column": "row"}
    with engine(raw, spec_of(split=temporal), block_bytes=500) as run:
        agree(run, raw)


@pytest.mark.parametrize("first", ["temp_0", "temp_1"])
def test_a_pattern_misses_no_column_that_some_file_lacks(tmp_path: Path, first: str) -> None:
    whole = table().assign(temp_0=1.0, temp_1=2.0)
    files = {"a.csv": whole.drop(columns=first), "b.csv": whole}
    spec = spec_of(numeric=[{"columns": ["temp_*"]}])
    with pytest.raises(TableError, match=rf"a\.csv: missing columns: {first} "):
        run_folder(write_files(tmp_path / "in", files), spec, tmp_path / "out")


def test_a_column_may_be_encoded_in_two_ways() -> None:
    raw = table()
    raw.loc[::4, "c"] = np.nan
    groups = [{"columns": ["c"]}, {"columns": ["c"], "encode": "target"}]
    with engine(raw, spec_of(numeric=None, categorical=groups)) as run:
        assert list(run.result.pipeline.get_feature_names_out()) == ["c_u", "c_v", "c_w", "c"]
        written = agree(run, raw)
        missing = raw["c"].isna()[rows_of(run.output, "validation")].to_numpy()
        assert len(np.unique(written[missing], axis=0)) == 1


@pytest.mark.parametrize(
    "other",
    [
        "2020-01-01",
        "2020-01-01 10:00:00",
        "2020-01-01T10:00:00.5Z",
        "2020-01-01T10:00:00+05:30",
        "1969-12-31T23:30:00Z",
    ],
)
def test_any_iso_8601_will_do_for_the_pipeline_too(other: str) -> None:
    raw = table()
    raw.loc[::2, "t"] = other
    with engine(raw, spec_of(**HOUR)) as run:
        agree(run, raw)


@pytest.mark.parametrize("other", ["9999-12-31", "1500-01-01T10:00:00Z"])
def test_times_far_away_are_times(other: str) -> None:
    raw = table()
    raw.loc[::2, "t"] = other
    with engine(raw, spec_of(**HOUR)) as run:
        agree(run, raw)


def test_a_level_unseen_in_training_is_none_of_them() -> None:
    raw = table()
    temporal = {"method": "temporal", "column": "row"}
    raw.loc[70:, "c"] = "unseen"
    with engine(raw, spec_of(split=temporal, numeric=None)) as run:
        written = agree(run, raw)
        assert run.channel("validation")["row"].tolist() == list(range(64, 80))
        assert written.sum(axis=1).tolist() == [1] * 6 + [0] * 10


def test_a_level_unseen_in_training_counts_among_the_rare() -> None:
    raw = table()
    raw.loc[:3, "c"] = "rare"
    raw.loc[70:, "c"] = "unseen"
    spec = spec_of(
        split={"method": "temporal", "column": "row"},
        categorical=[{"columns": ["c"], "min_count": 5}],
        numeric=None,
    )
    with engine(raw, spec) as run:
        names = list(run.result.pipeline.get_feature_names_out())
        assert names == ["c_u", "c_v", "c_w", "c_infrequent_sklearn"]
        assert agree(run, raw)[:, 3].tolist() == [0] * 6 + [1] * 10


def test_a_level_unseen_in_training_has_the_mean_of_all() -> None:
    raw = table()
    raw.loc[70:, "c"] = "unseen"
    spec = spec_of(
        split={"method": "temporal", "column": "row"},
        categorical=[{"columns": ["c"], "encode": "target"}],
        numeric=None,
    )
    with engine(raw, spec) as run:
        mean = raw["y"][:64].mean()
        np.testing.assert_allclose(agree(run, raw)[6:, 0], mean, atol=1e-6)


def test_text_without_any_value_is_a_level_of_its_own() -> None:
    raw = table().assign(c=np.nan)
    with engine(raw, spec_of()) as run:
        assert list(run.result.pipeline.get_feature_names_out()) == ["a", "b", "c_missing"]
        assert (agree(run, raw)[:, 2] == 1).all()
        assert run.result.details["imputed_in_training"] == {"c": 64}


def test_constant_and_empty_columns_are_zeros_and_are_reported() -> None:
    raw = table().assign(a=4.25, b=np.nan)
    with engine(raw, spec_of(categorical=None)) as run:
        assert (agree(run, raw) == 0).all()
        assert run.result.details["constant"] == ["a"]
        assert run.result.details["without_values"] == ["b"]
        assert run.result.details["imputed_in_training"] == {"b": 64}


def test_the_label_of_a_training_row_is_not_in_its_own_encoding() -> None:
    raw = table(rows=200)
    # Folds go by what rows hold, the label too, but with a key by that alone.
    split = {"method": "hash", "key": ["row"]}
    spec = spec_of(split=split, categorical=[{"columns": ["c"], "encode": "target"}])
    before = encodings(raw, spec)
    one = int(before.index[10])
    raw.loc[one, "y"] = 1 - raw["y"].loc[one]
    after = encodings(raw, spec)
    assert list(after.index) == list(before.index)
    alike = raw["c"][before.index] == raw.loc[one, "c"]
    assert after[one] == before[one]
    # Those of its fold do not see it either; the four other folds do.
    changed = (after != before)[alike].mean()
    assert 0.6 < changed < 0.95


def encodings(raw: pd.DataFrame, spec: Mapping[str, Any]) -> "pd.Series[float]":
    with engine(raw, spec) as run:
        return run.channel("train").set_index("row")["c"]


def test_a_level_that_one_fold_alone_has_is_the_mean_of_the_other_folds() -> None:
    raw = table(rows=200)
    spec = spec_of(split={"method": "hash"}, categorical=[{"columns": ["c"], "encode": "target"}])
    one = int(encodings(raw, spec).index[10])
    mean = raw["y"].mean()
    for label in (0, 1):
        raw.loc[one, ["c", "y"]] = ["alone", label]
        assert encodings(raw, spec)[one] == pytest.approx(mean, abs=0.1)
