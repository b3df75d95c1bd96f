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
import numpy.typing as npt
import pandas as pd
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

from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.levels import LevelStatistics
from preprocessing_scripts.tabular.numbers import NumberStatistics
from preprocessing_scripts.tabular.raw_rows import RawRows
from preprocessing_scripts.tabular.scaling import scale_of
from preprocessing_scripts.tabular.schema import EPOCHS
from preprocessing_scripts.tabular.spec import Categorical, Numeric, Spec
from preprocessing_scripts.tabular.target import target_encoding
from preprocessing_scripts.tabular.values import with_floats

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
    missing_values: Sequence[str],
) -> Pipeline:
    """Build the fitted pipeline.

    Args:
        spec: Resolved.
        numbers: By column or feature.
        levels: By column.
        missing_values: Texts that stand for a missing value.

    Returns:
        ``rows``, which reads raw rows as the engine does, and ``columns``, a ColumnTransformer. Its
        ``transform`` needs the spec's raw columns.

    Raises:
        TableError: Two columns of the output would have one name.
    """
    fitted: list[_Part] = [
        (
            f"numeric{i}",
            _numeric(group, [numbers[name] for name in group.columns]),
            [*group.columns],
        )
        for i, group in enumerate(spec.numeric)
    ] + [
        (f"{group.encode}_{names[0]}", _categorical(group, [levels[name] for name in names]), names)
        for group in spec.categorical
        for names in _together(group, levels)
    ]
    rows = _rows(spec, levels, missing_values)
    columns = _assemble(fitted, [str(name) for name in rows.get_feature_names_out()])
    pipeline = Pipeline([("rows", rows), ("columns", columns)])
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


def _rows(
    spec: Spec, levels: Mapping[str, LevelStatistics], missing_values: Sequence[str]
) -> RawRows:
    kinds = dict(spec.raw_kinds())
    return RawRows(
        numbers=[name for name, kind in kinds.items() if kind == "number"],
        times={
            name: EPOCHS.get(spec.schema.get(name, kind))
            for name, kind in kinds.items()
            if kind == "timestamp"
        },
        levels={name: statistics.spelled for name, statistics in levels.items()},
        recipes=[(one.name, str(one.operation), one.inputs) for one in spec.features],
        output=[name for group in spec.numeric for name in group.columns],
        missing_values=with_floats(missing_values),
    )


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
    imputer = SimpleImputer(
        strategy=group.impute,
        keep_empty_features=True,
        **({"fill_value": group.fill} if group.impute == "constant" else {}),
    )
    imputer.fit(fills)
    steps = [("impute", imputer)]
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


def _together(group: Categorical, levels: Mapping[str, LevelStatistics]) -> list[list[str]]:
    """Columns that one encoder does, in their order; one without a common level stands alone."""
    runs: list[list[str]] = []
    joins = False
    for name in group.columns:
        common = group.encode == "target" or levels[name].counts.max() >= group.min_count
        if common and joins:
            runs[-1].append(name)
        else:
            runs.append([name])
        joins = common
    return runs


def _categorical(group: Categorical, columns: Sequence[LevelStatistics]) -> Pipeline:
    imputer = SimpleImputer(
        strategy=group.impute,
        **({"fill_value": group.fill} if group.impute == "constant" else {}),
    )
    names = [one.spelled.column for one in columns]
    fills = np.array([one.fill for one in columns], dtype=object)
    imputer.fit(pd.DataFrame([fills], columns=names))
    imputer.statistics_ = fills
    one_hot = group.encode == "one_hot"
    encoder = _one_hot(columns, group.min_count) if one_hot else _target(columns)
    return Pipeline([("impute", imputer), ("encode", encoder)])


def _one_hot(columns: Sequence[LevelStatistics], min_count: int) -> OneHotEncoder:
    """Fit to every level, as often as it takes to be counted rare or not."""
    often = [np.minimum(one.counts, max(min_count, 1)) for one in columns]
    encoder = OneHotEncoder(
        handle_unknown="infrequent_if_exist",
        min_frequency=min_count or None,
        sparse_output=False,
    )
    return encoder.fit(_side_by_side(columns, often))


def _side_by_side(
    columns: Sequence[LevelStatistics], often: Sequence[npt.NDArray[np.int64]]
) -> npt.NDArray[np.object_]:
    """Levels as rows: each as often as told, and the most common of a column to fill it up."""
    rows = np.empty((max(int(times.sum()) for times in often), len(columns)), dtype=object)
    for place, (one, times) in enumerate(zip(columns, often, strict=True)):
        rows[:, place] = one.levels[int(np.argmax(one.counts))]
        rows[: times.sum(), place] = np.repeat(np.array(one.levels, dtype=object), times)
    return rows


def _target(columns: Sequence[LevelStatistics]) -> TargetEncoder:
    levels = _side_by_side(columns, [np.full(len(one.levels), 2) for one in columns])
    encoder = TargetEncoder(target_type="binary")
    encoder.fit(levels, np.arange(len(levels)) % 2)
    encodings = [target_encoding(one.by_fold) for one in columns]
    encoder.encodings_ = [encoding.levels for encoding in encodings]
    encoder.target_mean_ = encodings[0].mean
    return encoder
