"""What the statistics come to: a fitted scikit-learn Pipeline, as if fitted on all training rows.

Each transformer is really fitted, by scikit-learn itself, to a few rows that have the statistics in
question; where a few rows cannot have them (means, variances, quartiles), its public attributes are
set afterwards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    RobustScaler,
    StandardScaler,
    TargetEncoder,
)

from preprocessing_scripts.tabular.derive import derive, derived_names
from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.levels import LevelStatistics
from preprocessing_scripts.tabular.numbers import NumberStatistics
from preprocessing_scripts.tabular.scaling import scale_of
from preprocessing_scripts.tabular.spec import OF_TIMES, Categorical, Feature, Numeric, Spec
from preprocessing_scripts.tabular.target import target_encoding

_Part = tuple[str, Any, list[str]]
"""Name, fitted transformer and columns, as ColumnTransformer holds them."""


@dataclass(frozen=True)
class Fitted:
    """All that was fitted to the training rows.

    Args:
        numbers: By column or feature, in the order of the spool's columns.
        levels: By column.
        pipeline: Made of both.
    """

    numbers: Mapping[str, NumberStatistics]
    levels: Mapping[str, LevelStatistics]
    pipeline: Pipeline

    @cached_property
    def features(self) -> list[str]:
        """Names of the features, in their order."""
        return [str(name) for name in self.pipeline.get_feature_names_out()]


def build_pipeline(
    spec: Spec,
    numbers: Mapping[str, NumberStatistics],
    levels: Mapping[str, LevelStatistics],
) -> Pipeline:
    """Build the fitted pipeline.

    Args:
        spec: Resolved.
        numbers: By column or feature.
        levels: By column.

    Returns:
        ``features``, if the spec has any, and ``columns``, a ColumnTransformer. Its ``transform``
        needs the spec's raw columns.

    Raises:
        TableError: Two columns of the output would have one name.
    """
    columns = spec.raw_columns()
    parts = [
        (f"numeric{i}", _numeric(group, [numbers[name] for name in group.columns]), group.columns)
        for i, group in enumerate(spec.numeric)
    ] + [
        (f"{group.encode}_{name}", _categorical(group, name, levels[name]), (name,))
        for group in spec.categorical
        for name in group.columns
    ]
    fitted = [(name, transformer, list(inputs)) for name, transformer, inputs in parts]
    available = [*columns, *(feature.name for feature in spec.features)]
    steps = [("columns", _assemble(fitted, available))]
    if spec.features:
        steps.insert(0, ("features", _features(spec.features, columns)))
    pipeline = Pipeline(steps)
    _check_names(pipeline, [spec.label.column, *spec.keep])
    return pipeline


def _check_names(pipeline: Pipeline, others: list[str]) -> None:
    try:
        names = [str(name) for name in pipeline.get_feature_names_out()]
    except ValueError as error:  # two features of one name
        raise TableError(f"rename one of these columns: {error}") from error
    twice = sorted({*names} & {*others} | {name for name in others if others.count(name) > 1})
    if twice:
        raise TableError(f"{twice[0]} would be written twice: leave it out of the spec's keep")


def _features(features: Sequence[Feature], columns: Sequence[str]) -> FunctionTransformer:
    recipes = [(feature.name, str(feature.operation), feature.inputs) for feature in features]
    times = sorted({i for f in features if f.operation in OF_TIMES for i in f.inputs})
    transformer = FunctionTransformer(
        derive,
        kw_args={"columns": list(columns), "recipes": recipes, "times": times},
        feature_names_out=derived_names,
    )
    return transformer.fit(pd.DataFrame(columns=list(columns), index=[0], dtype=float))


def _assemble(fitted: Sequence[_Part], available: Sequence[str]) -> ColumnTransformer:
    """Put fitted transformers in the place of others that were fitted to nothing in particular."""
    blank = [(name, "passthrough", columns) for name, _, columns in fitted]
    columns = ColumnTransformer(blank, verbose_feature_names_out=False, sparse_threshold=0)
    columns.fit(pd.DataFrame(0.0, columns=list(available), index=[0]))
    columns.transformers = [(name, transformer, names) for name, transformer, names in fitted]
    rest = columns.transformers_[len(fitted) :]
    columns.transformers_ = [*columns.transformers, *rest]
    start = 0
    for name, transformer, names in fitted:
        width = len(transformer.get_feature_names_out(names))
        columns.output_indices_[name] = slice(start, start + width)
        start += width
    return columns


def _numeric(group: Numeric, statistics: Sequence[NumberStatistics]) -> Pipeline:
    names = list(group.columns)
    fills = pd.DataFrame([[one.pivot + one.fill for one in statistics]], columns=names)
    numbers = _applied(pd.DataFrame.astype, fills, dtype=np.float64)
    finite = _applied(np.nan_to_num, fills, nan=np.nan, posinf=np.nan, neginf=np.nan)
    imputer = SimpleImputer(
        strategy=group.impute,
        keep_empty_features=True,
        **({"fill_value": group.fill} if group.impute == "constant" else {}),
    )
    imputer.fit(fills.to_numpy())
    steps = [("numbers", numbers), ("finite", finite), ("impute", imputer)]
    scaler = _scaler(group.scale, statistics)
    return Pipeline(steps if scaler is None else [*steps, ("scale", scaler)])


def _scaler(kind: str, statistics: Sequence[NumberStatistics]) -> Any:
    if kind == "none":
        return None
    ends = np.array([[one.pivot + one.low, one.pivot + one.high] for one in statistics]).T
    scales = np.array([scale_of(kind, one) for one in statistics])
    if kind == "minmax":
        minmax = MinMaxScaler().fit(ends)
        minmax.n_samples_seen_ = statistics[0].rows
        return minmax
    if kind == "robust":
        robust = RobustScaler().fit(ends)
        robust.center_ = np.array([one.pivot + one.center for one in statistics])
        robust.scale_ = scales
        return robust
    standard = StandardScaler().fit(ends)
    standard.mean_ = np.array([one.pivot + one.mean for one in statistics])
    standard.var_ = np.array([one.variance for one in statistics])
    standard.scale_ = scales
    standard.n_samples_seen_ = statistics[0].rows
    return standard


def _categorical(group: Categorical, name: str, statistics: LevelStatistics) -> Pipeline:
    imputer = SimpleImputer(
        strategy=group.impute,
        **({"fill_value": group.fill} if group.impute == "constant" else {}),
    )
    one_hot = group.encode == "one_hot"
    encoder = _one_hot(statistics, group.min_count) if one_hot else _target(statistics)
    row = pd.DataFrame({name: pd.Series([statistics.fill], dtype=object)})
    # A frame may hold levels like 7 as numbers, and what is missing as None or pandas' NA.
    steps = [
        ("text", _applied(pd.DataFrame.astype, row, dtype="string")),
        ("objects", _applied(pd.DataFrame.astype, row, dtype=object)),
        ("missing", _applied(pd.DataFrame.where, row, cond=pd.DataFrame.notna)),
        ("impute", imputer.fit(row)),
        ("encode", encoder),
    ]
    return Pipeline(steps)


def _applied(function: Any, row: pd.DataFrame, **arguments: Any) -> FunctionTransformer:
    """Make a step of a function that everybody has, so that the pipeline can be loaded anywhere."""
    step = FunctionTransformer(function, kw_args=arguments, feature_names_out="one-to-one")
    return step.fit(row)


def _one_hot(statistics: LevelStatistics, min_count: int) -> OneHotEncoder:
    """Fit to every level, as often as it takes to be counted rare or not."""
    often = np.minimum(statistics.counts, max(min_count, 1))
    rows = np.repeat(np.array(statistics.levels, dtype=object), often)
    encoder = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        min_frequency=min_count or None,
        sparse_output=False,
    )
    return encoder.fit(rows.reshape(-1, 1))


def _target(statistics: LevelStatistics) -> TargetEncoder:
    levels = np.array(statistics.levels, dtype=object).repeat(2).reshape(-1, 1)
    encoder = TargetEncoder(target_type="binary")
    encoder.fit(levels, np.tile([0, 1], len(statistics.levels)))
    encoding = target_encoding(statistics.by_fold)
    encoder.encodings_ = [encoding.levels]
    encoder.target_mean_ = encoding.mean
    return encoder
