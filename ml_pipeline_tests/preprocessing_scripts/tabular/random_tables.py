"""Random tables with all that tables have, and random specs for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from hypothesis import strategies as st

NUMBERS = ["plain", "gaps", "infinite", "constant", "empty", "offset", "ties"]
TEXTS = ["full", "holes", "rare"]
TIMES = ["start", "end"]
OF_NUMBERS = ["ratio", "difference", "product"]
OF_TIMES = ["hours_between", "hour", "day_of_week"]
IMPUTE = ["median", "mean", "most_frequent", "constant"]
SCALE = ["standard", "minmax", "robust", "none"]


@dataclass(frozen=True)
class Case:
    """A table in files, and a spec.

    Attributes:
        files: By name; the same columns in any order.
        spec: What is to become of them.
        block_bytes: The size of blocks.
    """

    files: Mapping[str, pd.DataFrame]
    spec: Mapping[str, Any]
    block_bytes: int


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a table and a spec."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    frame = random_frame(random, draw(st.integers(60, 150)))
    count = draw(st.integers(1, 3))
    cuts = np.sort(random.choice(np.arange(1, len(frame)), count - 1, replace=False)).tolist()
    bounds = [0, *cuts, len(frame)]
    files = {
        f"day={number}/part.csv": frame.iloc[bounds[number] : bounds[number + 1]][
            random.permutation(frame.columns).tolist()
        ]
        for number in range(count)
    }
    return Case(files, draw(specs()), draw(st.sampled_from([2_000, 5_000, 1 << 20])))


def random_frame(random: np.random.Generator, rows: int) -> pd.DataFrame:
    """A table: numbers are multiples of 1/64, so that float32 keeps ties and distances."""

    def normal() -> npt.NDArray[np.float64]:
        rounded: npt.NDArray[np.float64] = np.round(random.normal(size=rows) * 64) / 64
        return rounded

    def holed(values: Any, share: float, hole: Any = np.nan) -> Any:
        return np.where(random.random(rows) < share, hole, values)

    hours = pd.to_timedelta(random.integers(0, 3_000_000, rows), "s")
    start = pd.Timestamp("1969-12-20") + hours
    infinite = holed(normal(), 0.1, np.inf)
    levels = np.array([f"level {i}" for i in range(rows)], dtype=object)
    rare = levels[np.minimum(random.geometric(0.2, rows), rows - 1)]
    return pd.DataFrame(
        {
            "row": np.arange(rows),
            "label": random.permutation(np.arange(rows) % 3 == 0).astype(int),
            "plain": normal(),
            "gaps": holed(normal() * 100, 0.3),
            "infinite": holed(holed(infinite, 0.1, -np.inf), 0.1),
            "constant": holed(np.full(rows, 2.5), 0.2),
            "empty": np.nan,
            "offset": 1e6 + normal(),
            "ties": holed(random.integers(-2, 3, rows).astype(float), 0.1),
            "full": random.choice(["é", "b, or not", 'say "c"'], rows),
            "holes": holed(random.choice(np.array(["x", "y", "z"], object), rows), 0.3),
            "rare": holed(rare, 0.1),
            "start": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "end": holed((start + hours / 7).floor("s").strftime("%Y-%m-%d %H:%M:%S"), 0.2),
            "order": random.integers(0, 40, rows),
            "part": random.choice(["now", "later"], rows, p=[0.8, 0.2]),
        }
    )


@st.composite
def specs(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a spec for ``random_frame``."""
    features = draw(st.lists(feature(), max_size=4, unique_by=lambda one: str(one["name"])))
    made = [str(one["name"]) for one in features]
    columns = draw(st.lists(st.sampled_from([*NUMBERS, *made]), min_size=1, unique=True))
    cut = draw(st.integers(1, len(columns)))
    groups = [columns[:cut], columns[cut:]]
    texts = draw(st.lists(st.sampled_from(TEXTS), unique=True))
    method = draw(st.sampled_from(["hash", "stratified", "temporal"]))
    order = draw(st.sampled_from(["order", "start"])) if method == "temporal" else None
    seeds = st.integers(0, 2**40)
    fraction = draw(st.sampled_from([0.2, 0.35, 0.5]))
    return {
        "label": {"column": "label"},
        "features": features,
        "numeric": [draw(numeric(group)) for group in groups if group],
        "categorical": [draw(categorical(text)) for text in texts],
        "keep": ["row"],
        "split": {"method": method, "validation": fraction, "seed": draw(seeds), "column": order},
        "holdout": draw(st.sampled_from([None, {"column": "part", "equals": "later"}])),
        "balance": {"method": draw(st.sampled_from(["none", "over", "under"]))},
        "output": {"dtype": draw(st.sampled_from(["float32", "float64"]))},
    }


def feature() -> st.SearchStrategy[dict[str, Any]]:
    # What is made of "offset" spreads over values too far from each other for 1e-4 in float32.
    column = st.sampled_from([name for name in NUMBERS if name != "offset"])
    time = st.sampled_from(TIMES)
    pairs = st.tuples(st.sampled_from(OF_NUMBERS), st.lists(column, min_size=2, max_size=2))
    both = st.tuples(st.just("hours_between"), st.permutations(TIMES))
    single = st.tuples(st.sampled_from(["hour", "day_of_week"]), time)
    return (pairs | both | single).map(lambda one: {"name": "of " + str(one), one[0]: one[1]})


def numeric(columns: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "columns": st.just(columns),
            "impute": st.sampled_from(IMPUTE),
            "fill": st.sampled_from([0.0, -1.5, 40.0]),
            "scale": st.sampled_from(SCALE),
        }
    )


def categorical(column: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "columns": st.just([column]),
            "impute": st.sampled_from(["most_frequent", "constant"]),
            "fill": st.sampled_from(["missing", "x", "level 1"]),
            "encode": st.sampled_from(["one_hot", "target"]),
            "min_count": st.sampled_from([0, 1, 3, 10, 1000]),
        }
    )
