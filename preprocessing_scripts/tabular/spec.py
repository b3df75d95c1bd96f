"""What is to become of a table: a declarative spec, read from JSON.

A small one::

    {
      "label": {"column": "late"},
      "features": [{"name": "per_seat", "ratio": ["distance", "seats"]}],
      "numeric": [{"columns": ["distance", "temp*"], "impute": "median", "scale": "standard"}],
      "categorical": [{"columns": ["carrier"], "min_count": 20}],
      "split": {"method": "stratified", "validation": 0.2, "seed": 0}
    }
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from preprocessing_scripts.tabular.errors import TableError

Operation = Literal["ratio", "difference", "product", "hours_between", "hour", "day_of_week"]
OF_TIMES = ("hours_between", "hour", "day_of_week")


@dataclass(frozen=True)
class Label:
    """The column to predict: whole numbers, one for each class.

    Attributes:
        column: Its name.
        missing: What becomes of rows without one: ``drop`` leaves them out and counts them.
    """

    column: str
    missing: Literal["error", "drop"] = "error"


@dataclass(frozen=True)
class Feature:
    """A column made of others; ``{"name": "pace", "ratio": ["distance", "minutes"]}``.

    Attributes:
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

    Attributes:
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

    Attributes:
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

    Attributes:
        method: ``hash`` takes rows by a hash, about the fraction; ``stratified`` exactly the
            fraction of each class; ``temporal`` the latest by ``column``.
        validation: The fraction.
        seed: Of the hashes.
        column: For ``temporal``: a timestamp or a number.
    """

    method: Literal["hash", "stratified", "temporal"] = "stratified"
    validation: float = 0.2
    seed: int = 0
    column: str | None = None


@dataclass(frozen=True)
class Holdout:
    """Rows kept from training and validation: those where a column of text has a value."""

    column: str
    equals: str


@dataclass(frozen=True)
class Balance:
    """How classes of the training channel are evened out, after the fit.

    Attributes:
        method: ``over`` repeats rows of the smaller classes, ``under`` leaves out rows of the
            larger, ``smote`` adds rows between neighbours of the smaller.
        seed: Of the choice.
        neighbors: For ``smote``.
    """

    method: Literal["none", "over", "under", "smote"] = "none"
    seed: int = 0
    neighbors: int = 5


@dataclass(frozen=True)
class Output:
    """What is written.

    Attributes:
        format: ``csv`` has no header and the label first, as the built-in algorithms want it, and
            leaves out what ``keep`` names.
        dtype: Of the features.
    """

    format: Literal["parquet", "csv"] = "parquet"
    dtype: Literal["float32", "float64"] = "float32"


@dataclass(frozen=True)
class Spec:
    """All of it.

    Attributes:
        label: The column to predict.
        numeric: Groups of columns; their order is the order of the features.
        categorical: Groups of columns, after the numeric ones.
        features: Columns made of others.
        keep: Columns that go into the output as they are.
        split: Training and validation.
        holdout: A third channel.
        balance: Of the training channel.
        output: Format and precision.
        missing_values: Texts that stand for a missing value in CSV.
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
    missing_values: tuple[str, ...] = ("", "NA", "NaN", "nan", "null")

    def resolve(self, columns: Sequence[str]) -> Spec:
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


def read_spec(path: Path) -> Spec:
    """Read a spec from a JSON file.

    Raises:
        TableError: It is not JSON, or not a spec; the message names the member.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise TableError(f"{path}: not a spec in JSON: {error}") from error
    return parse_spec(content)


def parse_spec(content: Mapping[str, Any]) -> Spec:
    """Make a spec of plain dicts and lists.

    Raises:
        TableError: As ``read_spec``.
    """
    spec = _build(Spec, content, "spec")
    if not spec.numeric and not spec.categorical:
        raise TableError("spec: neither numeric nor categorical columns")
    if not 0 < spec.split.validation < 1:
        raise TableError(
            f"spec.split.validation: must lie between 0 and 1, not {spec.split.validation}"
        )
    if spec.split.method == "temporal" and spec.split.column is None:
        raise TableError("spec.split.column: a temporal split needs the column that orders rows")
    columns = [one.columns for one in spec.numeric] + [one.columns for one in spec.categorical]
    if not all(columns):
        raise TableError("spec: a group without columns")
    for name, number, least in (
        ("split.seed", spec.split.seed, 0),
        ("balance.seed", spec.balance.seed, 0),
        ("balance.neighbors", spec.balance.neighbors, 1),
        *(("categorical.min_count", group.min_count, 0) for group in spec.categorical),
    ):
        if number < least:
            raise TableError(f"spec.{name}: {number} is less than {least}")
    for numbers in spec.numeric:
        if not math.isfinite(numbers.fill):
            raise TableError(f"spec.numeric.fill: {numbers.fill} is no number")
    return spec


def _refuse_repeated(where: str, names: Sequence[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise TableError(f"spec, {where}: in two groups: {', '.join(twice)}")


T = TypeVar("T")


def _build(kind: type[T], content: Any, where: str) -> T:
    """Make one of the dataclasses above of a dict, and refuse what it does not know."""
    if not isinstance(content, Mapping):
        raise TableError(f"{where}: {content!r} is not an object")
    if kind is Feature:
        content = _feature(content, where)
    hints = get_type_hints(kind)
    unknown = sorted(set(content) - set(hints))
    if unknown:
        raise TableError(f"{where}: unknown: {', '.join(unknown)} (known: {', '.join(hints)})")
    values = {
        name: _convert(hints[name], value, f"{where}.{name}") for name, value in content.items()
    }
    try:
        return kind(**values)
    except TypeError as error:
        raise TableError(f"{where}: {str(error).partition(') ')[2]}") from error


def _feature(content: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    operations = [name for name in content if name in get_args(Operation)]
    if len(operations) != 1 or set(content) != {"name", *operations}:
        raise TableError(f"{where}: give a name and one of {', '.join(get_args(Operation))}")
    [operation] = operations
    inputs = content[operation]
    inputs = [inputs] if isinstance(inputs, str) else inputs
    count = 1 if operation in ("hour", "day_of_week") else 2
    if not isinstance(inputs, Sequence) or len(inputs) != count:
        raise TableError(f"{where}.{operation}: takes {count} columns, not {inputs!r}")
    return {"name": content["name"], "operation": operation, "inputs": inputs}


def _convert(hint: Any, value: Any, where: str) -> Any:
    arguments = get_args(hint)
    if get_origin(hint) is Literal:
        if value not in arguments:
            choices = ", ".join(map(str, arguments))
            raise TableError(f"{where}: {value!r} is not one of {choices}")
        return value
    if get_origin(hint) is tuple:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise TableError(f"{where}: {value!r} is not a list")
        return tuple(_convert(arguments[0], one, f"{where}[{i}]") for i, one in enumerate(value))
    kinds = [one for one in arguments if one is not type(None)] or [hint]
    if value is None and len(kinds) < len(arguments):
        return None
    if dataclasses.is_dataclass(kinds[0]):
        return _build(kinds[0], value, where)  # type: ignore[arg-type]
    wanted = (int, float) if kinds[0] is float else kinds[0]
    if isinstance(value, bool) or not isinstance(value, wanted):
        raise TableError(f"{where}: {value!r} is not {kinds[0].__name__}")
    return value
