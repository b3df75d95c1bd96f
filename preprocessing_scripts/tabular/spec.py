"""What is to become of a table: a declarative spec.

A small one::

    {
      "label": {"column": "late"},
      "features": [{"name": "per_seat", "ratio": ["distance", "seats"]}],
      "numeric": [{"columns": ["distance", "temp*"], "impute": "median", "scale": "standard"}],
      "categorical": [{"columns": ["carrier"], "min_count": 20}],
      "split": {"method": "stratified", "validation": 0.2, "seed": 0}
    }
"""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.schema import MISSING_VALUES, GivenKind, Kind

Operation = Literal["ratio", "difference", "product", "hours_between", "hour", "day_of_week"]
OF_TIMES = ("hours_between", "hour", "day_of_week")


@dataclass(frozen=True)
class Label:
    """The column to predict: whole numbers, one for each class.

    Args:
        column: Its name.
        missing: What becomes of rows without one: ``drop`` leaves them out and counts them.
    """

    column: str
    missing: Literal["error", "drop"] = "error"


@dataclass(frozen=True)
class Feature:
    """A column made of others; ``{"name": "pace", "ratio": ["distance", "minutes"]}``.

    Args:
        name: Of the new column, for use in ``numeric``.
        operation: ``ratio`` a / b, ``difference`` a - b, ``product`` a * b, ``hours_between``
            (b - a, of timestamps), ``hour`` (0 to 23) and ``day_of_week`` (Monday is 0) of one
            timestamp. What has no finite value is missing.
        inputs: Columns, or features made before.
    """

    name: str
    operation: Operation
    inputs: tuple[str, ...]


@dataclass(frozen=True)
class Numeric:
    """Columns of numbers that are treated alike.

    Args:
        columns: Names or patterns (``temp*``) of columns and features.
        impute: What fills gaps; ``constant`` is ``fill``.
        fill: See ``impute``.
        scale: As scikit-learn's StandardScaler, MinMaxScaler, RobustScaler; or not at all.
    """

    columns: tuple[str, ...]
    impute: Literal["median", "mean", "most_frequent", "constant"] = "median"
    fill: float = 0.0
    scale: Literal["standard", "minmax", "robust", "none"] = "standard"


@dataclass(frozen=True)
class Categorical:
    """Columns of text that are treated alike.

    Args:
        columns: Names or patterns.
        impute: What fills gaps; ``constant`` is ``fill``.
        fill: See ``impute``.
        encode: ``one_hot``, or ``target``: how often rows of that level have label 1, smoothed as
            by scikit-learn's TargetEncoder and, for training rows, taken from other rows.
        min_count: One-hot: levels with fewer training rows share one column; 0 for none to.
    """

    columns: tuple[str, ...]
    impute: Literal["most_frequent", "constant"] = "most_frequent"
    fill: str = "missing"
    encode: Literal["one_hot", "target"] = "one_hot"
    min_count: int = 0


@dataclass(frozen=True)
class Split:
    """Which rows validate.

    Args:
        method: ``hash`` takes rows by a hash, about the fraction; ``stratified`` exactly the
            fraction of each class; ``temporal`` the latest by ``column``: rows of one time are
            on one side, so that the fraction is met as nearly as times allow.
        validation: The fraction.
        seed: Of the hashes.
        column: For ``temporal``: a timestamp or a number.
        key: Columns whose values decide a row's hash; by default all that are read, so that a row
            is dealt alike whatever file it is in. Rows of one key are on one side with ``hash``,
            and with ``stratified`` those of one class are, so that the fraction is met as nearly
            as that allows.
    """

    method: Literal["hash", "stratified", "temporal"] = "stratified"
    validation: float = 0.2
    seed: int = 0
    column: str | None = None
    key: tuple[str, ...] = ()


@dataclass(frozen=True)
class Holdout:
    """Rows kept from training and validation: those where a column of text has a value."""

    column: str
    equals: str


@dataclass(frozen=True)
class Balance:
    """How classes of the training channel are evened out, after the fit.

    Args:
        method: ``over`` repeats rows of the smaller classes, ``under`` leaves out rows of the
            larger, ``smote`` adds rows between neighbours of the smaller: with the category that
            most neighbours have (SMOTE-NC), and whole numbers where all rows have such.
        seed: Of the choice.
        neighbors: For ``smote``.
    """

    method: Literal["none", "over", "under", "smote"] = "none"
    seed: int = 0
    neighbors: int = 5


@dataclass(frozen=True)
class Output:
    """What is written.

    Args:
        format: ``csv`` has no header and the label first, as the built-in algorithms want it, and
            leaves out what ``keep`` names; with ``both`` it goes to folders ``<channel>_csv``.
        dtype: Of the features.
    """

    format: Literal["parquet", "csv", "both"] = "parquet"
    dtype: Literal["float32", "float64"] = "float32"


@dataclass(frozen=True)
class Spec:
    """All of it.

    Args:
        label: The column to predict.
        numeric: Groups of columns; their order is the order of the features.
        categorical: Groups of columns, after the numeric ones.
        features: Columns made of others.
        keep: Columns that go into the output as they are: of their own types; from CSV as text, but
            for whole numbers written in the only way there is, and for what is used otherwise.
        split: Training and validation.
        holdout: A third channel.
        balance: Of the training channel.
        output: Format and precision.
        missing_values: Texts that stand for a missing value in CSV; by default those of pandas.
        schema: What columns hold, where that is given: those are there in every file, and every
            value is checked, used or not. Numbers are times only if they are given as
            ``epoch_s``, ``epoch_ms``, ``epoch_us`` or ``epoch_ns``, since 1970 in that unit.
    """

    label: Label
    numeric: tuple[Numeric, ...] = ()
    categorical: tuple[Categorical, ...] = ()
    features: tuple[Feature, ...] = ()
    keep: tuple[str, ...] = ()
    split: Split = field(default_factory=Split)
    holdout: Holdout | None = None
    balance: Balance = field(default_factory=Balance)
    output: Output = field(default_factory=Output)
    missing_values: tuple[str, ...] = MISSING_VALUES
    schema: Mapping[str, GivenKind] = field(default_factory=dict)

    def resolve(self, columns: Sequence[str]) -> "Spec":
        """Put names in the place of patterns.

        Args:
            columns: What the table has.

        Raises:
            TableError: A name or pattern meets nothing, or one column is to be scaled twice.
        """
        made = self._check_features(columns)
        numeric = tuple(
            dataclasses.replace(group, columns=self._expand(group.columns, [*columns, *made]))
            for group in self.numeric
        )
        categorical = tuple(
            dataclasses.replace(group, columns=self._expand(group.columns, columns))
            for group in self.categorical
        )
        _refuse_repeated("numeric", [name for group in numeric for name in group.columns])
        for encode in ("one_hot", "target"):
            groups = [group for group in categorical if group.encode == encode]
            _refuse_repeated(encode, [name for group in groups for name in group.columns])
        _refuse_repeated(
            "categorical, filled in two ways",
            [
                name
                for name, _, _ in {(n, g.impute, g.fill) for g in categorical for n in g.columns}
            ],
        )
        return dataclasses.replace(self, numeric=numeric, categorical=categorical)

    def raw_kinds(self) -> Iterator[tuple[str, Kind]]:
        """Name the columns that features are made of, and as what they are read."""
        made = {feature.name for feature in self.features}
        for feature in self.features:
            kind: Kind = "timestamp" if feature.operation in OF_TIMES else "number"
            yield from ((column, kind) for column in feature.inputs if column not in made)
        for group in self.numeric:
            yield from ((column, "number") for column in group.columns if column not in made)
        for text in self.categorical:
            yield from ((column, "text") for column in text.columns)

    def raw_columns(self) -> list[str]:
        """Name the columns that features are made of, each once."""
        return list(dict.fromkeys(column for column, _ in self.raw_kinds()))

    def _check_features(self, columns: Sequence[str]) -> list[str]:
        """Names of the features, each made of what there is by then."""
        made: list[str] = []
        for feature in self.features:
            if feature.name in columns or feature.name in made:
                raise TableError(f"spec.features: there is a {feature.name} already")
            unknown = [name for name in feature.inputs if name not in {*columns, *made}]
            if feature.operation in OF_TIMES:
                unknown += [name for name in feature.inputs if name in made]
            unknown += [name for name in feature.inputs if name == self.label.column]
            if unknown:
                raise TableError(f"spec.features, {feature.name}: cannot be made of {unknown[0]}")
            made.append(feature.name)
        return made

    def _expand(self, patterns: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
        """Put names in the place of patterns, which never mean what tells the answer."""
        answers = {self.label.column, *([self.holdout.column] if self.holdout else [])}
        found: list[str] = []
        for pattern in patterns:
            # A column may itself be named with a star or brackets.
            exact = [pattern] if pattern in known else []
            hits = exact or [n for n in known if fnmatchcase(n, pattern) and n not in answers]
            if not hits:
                raise TableError(f"spec: no column {pattern!r}; the table has: {', '.join(known)}")
            if self.label.column in hits:
                raise TableError(f"spec: the label {self.label.column} cannot be a feature")
            found += [name for name in hits if name not in found]
        return tuple(found)


def _refuse_repeated(where: str, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise TableError(f"spec, {where}: in two groups: {', '.join(twice)}")
