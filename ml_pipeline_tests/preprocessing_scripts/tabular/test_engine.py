"""The engine's channels, its pipeline, and scikit-learn fitted the ordinary way are one."""

import tempfile
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    OneHotEncoder,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)

from ml_pipeline_tests.preprocessing_scripts.tabular.engine_runs import (
    Run,
    learned,
    run_files,
    same,
)
from ml_pipeline_tests.preprocessing_scripts.tabular.random_tables import TEXTS, Case, cases

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::RuntimeWarning")

SCALERS = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler}


@settings(deadline=None, max_examples=50)
@given(case=cases())
def test_channels_pipeline_and_scikit_learn_agree(case: Case) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run = run_files(Path(folder), case.files, case.spec, case.block_bytes)
        raw = read_raw(Path(folder) / "in", sorted(case.files))
        rows = check_rows(run, raw, case.spec)
        check_channels(run, raw, rows, case.spec)
        train = raw.loc[sorted(set(rows["train"]))] if balanced(case.spec) == "over" else None
        if balanced(case.spec) == "none":
            train = raw.loc[rows["train"]]
        if train is not None:
            check_against_scikit_learn(run, raw, train, case.spec)


def balanced(spec: Mapping[str, Any]) -> str:
    return str(spec["balance"]["method"])


def read_raw(folder: Path, files: list[str]) -> pd.DataFrame:
    """The files as anybody reads them, by row number."""
    text: dict[Hashable, Any] = dict.fromkeys([*TEXTS, "part"], str)
    frames = [pd.read_csv(folder / file, dtype=text) for file in files]
    return pd.concat(frames).set_index("row", drop=False)


def check_rows(run: Run, raw: pd.DataFrame, spec: Mapping[str, Any]) -> dict[str, list[int]]:
    """Every row is in the one channel where it belongs, in the order of reading."""
    channels = ["train", "validation"] + (["holdout"] if spec["holdout"] else [])
    rows = {name: run.channel(name)["row"].astype(int).tolist() for name in channels}
    together = [row for name in channels for row in dict.fromkeys(rows[name])]
    if balanced(spec) != "under":
        assert sorted(together) == raw["row"].tolist()
    assert all(found == sorted(found) for found in rows.values())
    held = raw["row"][raw["part"] == "later"].tolist()
    assert rows.get("holdout", held) == held
    counts = run.result.metrics
    assert counts["rows_in"] == len(raw) == sum(counts[f"{name}_rows"] for name in channels)
    assert counts["train_rows_written"] == len(rows["train"])
    return rows


def check_channels(
    run: Run, raw: pd.DataFrame, rows: Mapping[str, list[int]], spec: Mapping[str, Any]
) -> None:
    """The saved pipeline makes of raw rows what is in the channels."""
    saved = joblib.load(run.output / "preprocessor" / "preprocessor.joblib")
    names = list(saved.get_feature_names_out())
    everything = pd.DataFrame(saved.transform(raw), columns=names, index=raw.index)
    dtype = spec["output"]["dtype"]
    for channel, wanted in rows.items():
        written = run.channel(channel)
        assert list(written.columns) == [*names, "label", "row"]
        assert set(written[names].dtypes.astype(str)) == {dtype}
        np.testing.assert_array_equal(written["label"], raw["label"].loc[wanted])
        # What a training row gets for its level comes from other rows than the pipeline's.
        shown = [name for name in names if channel != "train" or not is_target(name, spec)]
        close(written[shown], everything[shown].loc[wanted], dtype)


def is_target(name: str, spec: Mapping[str, Any]) -> bool:
    return any(g["columns"] == [name] and g["encode"] == "target" for g in spec["categorical"])


def close(left: pd.DataFrame, right: pd.DataFrame, dtype: str) -> None:
    relative, absolute = (1e-4, 1e-4) if dtype == "float32" else (1e-6, 1e-9)
    np.testing.assert_allclose(
        left.to_numpy(float), right.to_numpy(float), rtol=relative, atol=absolute
    )


def check_against_scikit_learn(
    run: Run, raw: pd.DataFrame, train: pd.DataFrame, spec: Mapping[str, Any]
) -> None:
    ours = run.result.pipeline
    theirs = Pipeline([("columns", ordinary(spec))])
    theirs.fit(with_features(train, spec), train["label"])
    dtype = spec["output"]["dtype"]
    assert list(ours.get_feature_names_out()) == list(theirs.get_feature_names_out())
    close(
        pd.DataFrame(ours.transform(raw)),
        pd.DataFrame(theirs.transform(with_features(raw, spec))),
        dtype,
    )
    fitted, expected = learned(ours), learned(theirs)
    assert list(fitted) == list(expected)
    tolerance = (1e-5, 1e-5) if dtype == "float32" else (1e-6, 1e-9)
    for name, values in expected.items():
        same(fitted[name], values, *tolerance)


def ordinary(spec: Mapping[str, Any]) -> ColumnTransformer:
    """What a spec asks for, as one writes it down with scikit-learn."""
    parts: list[tuple[str, Any, list[str]]] = []
    for number, group in enumerate(spec["numeric"]):
        steps: list[tuple[str, Any]] = [("impute", imputer(group, keep_empty_features=True))]
        if group["scale"] != "none":
            steps.append(("scale", SCALERS[group["scale"]]()))
        parts.append((f"numeric{number}", Pipeline(steps), group["columns"]))
    for group in spec["categorical"]:
        encoder: Any = TargetEncoder(target_type="binary")
        if group["encode"] == "one_hot":
            encoder = OneHotEncoder(
                handle_unknown="infrequent_if_exist",
                min_frequency=group["min_count"] or None,
                sparse_output=False,
            )
        steps = [("impute", imputer(group)), ("encode", encoder)]
        parts.append(
            (f"{group['encode']}_{group['columns'][0]}", Pipeline(steps), group["columns"])
        )
    return ColumnTransformer(parts, verbose_feature_names_out=False, sparse_threshold=0)


def imputer(group: Mapping[str, Any], **options: Any) -> SimpleImputer:
    fill = {"fill_value": group["fill"]} if group["impute"] == "constant" else {}
    return SimpleImputer(strategy=group["impute"], **fill, **options)


def with_features(raw: pd.DataFrame, spec: Mapping[str, Any]) -> pd.DataFrame:
    """Raw rows with the features of a spec as pandas makes them, and nothing infinite."""
    frame = raw.replace([np.inf, -np.inf], np.nan).assign(
        start=pd.to_datetime(raw["start"], utc=True), end=pd.to_datetime(raw["end"], utc=True)
    )
    for feature in spec["features"]:
        [operation] = set(feature) - {"name"}
        inputs = feature[operation]
        names = [inputs, inputs] if isinstance(inputs, str) else inputs
        made = as_pandas_has_it(operation, frame[names[0]], frame[names[1]])
        frame[feature["name"]] = made.astype(float).replace([np.inf, -np.inf], np.nan)
    return frame


def as_pandas_has_it(operation: str, one: Any, other: Any) -> "pd.Series[Any]":
    results = {
        "ratio": lambda: one / other,
        "difference": lambda: one - other,
        "product": lambda: one * other,
        "hours_between": lambda: (other - one) / pd.Timedelta("1h"),
        "hour": lambda: one.dt.hour,
        "day_of_week": lambda: one.dt.dayofweek,
    }
    found: pd.Series[Any] = results[operation]()
    return found
