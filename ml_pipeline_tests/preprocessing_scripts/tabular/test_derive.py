"""Features are what pandas makes of the same columns."""

import numpy as np
import pandas as pd
import pytest

from ml_pipeline_tests.preprocessing_scripts.tabular.engine_runs import engine, spec_of, table

INPUTS = {
    "ratio": ["a", "z"],
    "difference": ["a", "b"],
    "product": ["a", "b"],
    "hours_between": ["t", "u"],
    "hour": "u",
    "day_of_week": "u",
}


@pytest.mark.parametrize("operation", list(INPUTS))
def test_each_operation(operation: str) -> None:
    raw = table().assign(z=lambda frame: frame["row"] % 5 - 2, u="1969-12-29T23:59:59.5Z")
    raw.loc[::2, "u"] = raw["t"].str.replace("2020", "2024")
    raw.loc[::7, ["a", "u"]] = None
    first, last = pd.to_datetime(raw["t"], utc=True), pd.to_datetime(raw["u"], format="ISO8601")
    expected = {
        "ratio": raw["a"] / raw["z"].replace(0, np.nan),
        "difference": raw["a"] - raw["b"],
        "product": raw["a"] * raw["b"],
        "hours_between": (last - first) / pd.Timedelta("1h"),
        "hour": last.dt.hour,
        "day_of_week": last.dt.dayofweek,
    }[operation].fillna(-1000)
    spec = spec_of(
        features=[{"name": "made", operation: INPUTS[operation]}],
        numeric=[{"columns": ["made"], "impute": "constant", "fill": -1000, "scale": "none"}],
        output={"dtype": "float64"},
    )
    with engine(raw, spec) as run:
        for channel in ("train", "validation"):
            written = run.channel(channel)
            np.testing.assert_allclose(written["made"], expected.loc[written["row"]], rtol=1e-12)


def test_a_feature_can_be_made_of_features() -> None:
    features = [{"name": "ab", "product": ["a", "b"]}, {"name": "abb", "ratio": ["ab", "b"]}]
    raw = table()
    numeric = [{"columns": ["abb"], "scale": "none"}]
    with engine(raw, spec_of(features=features, numeric=numeric)) as run:
        written = run.channel("validation")
        np.testing.assert_allclose(written["abb"], raw["a"].loc[written["row"]], rtol=1e-5)
        assert written["abb"].dtype == np.float32
