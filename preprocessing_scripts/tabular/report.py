"""What a run reports: counts over all hosts, the channels' schema, and what was done to columns."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from preprocessing_scripts.tabular.deal import CHANNELS, TRAIN, Deal
from preprocessing_scripts.tabular.hosts import Hosts
from preprocessing_scripts.tabular.ingest import Ingested
from preprocessing_scripts.tabular.kept import Types, said
from preprocessing_scripts.tabular.pace import peak_memory_mb
from preprocessing_scripts.tabular.pipeline import Fitted
from preprocessing_scripts.tabular.spec import Spec
from preprocessing_scripts.tabular.split import classes

_SHOWN = 20
_EXACT = 2.0**53

Classes = Mapping[str, Mapping[str, int]]
"""Class -> channel -> rows."""


def count_classes(labels: npt.NDArray[np.float64], dealt: Deal, hosts: Hosts) -> Classes:
    """Count the rows of each class in each channel, over all hosts, before balancing.

    Args:
        labels: Of this host's rows.
        dealt: Where they went.
        hosts: All of them call this.
    """
    found = classes(labels, hosts)
    own = np.zeros((len(found), len(CHANNELS)), dtype=np.int64)
    for number in range(len(CHANNELS)):
        of_channel = labels[dealt.channel == number]
        own[:, number] = [(of_channel == label).sum() for label in found]
    counts = hosts.total(own)
    return {
        f"{label:.0f}": dict(zip(dealt.sizes, map(int, of_class), strict=False))
        for label, of_class in zip(found, counts, strict=True)
    }


def measure(
    ingested: Ingested,
    dealt: Deal,
    classes: Classes,
    fitted: Fitted,
    made: Mapping[str, int],
    hosts: Hosts,
) -> dict[str, float]:
    """Count rows so that ``rows_in = rows_unlabelled + the rows of all channels``.

    Labels 0 and 1 have a rate of 1; others have none.

    Args:
        ingested: This host's rows.
        dealt: Where they went.
        classes: See ``count_classes``.
        fitted: What was made of their columns.
        made: Synthetic rows by class.
        hosts: All of them call this.
    """
    written = int(dealt.repeats[dealt.channel == TRAIN].sum())
    own = np.array([ingested.rows_in, len(ingested.rows.labels), written], dtype=np.int64)
    rows_in, labelled, train_written = (int(count) for count in hosts.total(own))
    metrics: dict[str, float] = {"rows_in": rows_in, "rows_unlabelled": rows_in - labelled}
    for name, size in dealt.sizes.items():
        metrics[f"{name}_rows"] = size
        if {*classes} <= {"0", "1"}:
            ones = classes.get("1", {}).get(name, 0)
            metrics[f"{name}_positive_rate"] = round(ones / max(size, 1), 6)
    return metrics | {
        "train_rows_written": train_written + sum(made.values()),
        "n_features": len(fitted.features),
        "peak_memory_mb": round(peak_memory_mb(), 1),
    }


def channel_schema(spec: Spec, fitted: Fitted, kept: Types) -> list[dict[str, str]]:
    """Columns of the channels in their order.

    Args:
        spec: Resolved.
        fitted: Names the features.
        kept: Types of the columns that go out as they came in.
    """
    columns = [{"name": name, "type": spec.output.dtype} for name in fitted.features]
    columns.append({"name": spec.label.column, "type": "integer"})
    return columns + [{"name": name, "type": said(kept[name])} for name in spec.keep]


def describe(
    spec: Spec, fitted: Fitted, ingested: Ingested, made: Mapping[str, int], hosts: Hosts
) -> dict[str, Any]:
    """Say what was filled in, and which columns are odd.

    Args:
        spec: Resolved.
        fitted: Holds the statistics of every column.
        ingested: Counts infinite values of this host.
        made: Synthetic rows by class.
        hosts: All of them call this.
    """
    numbers = fitted.numbers
    missing = {name: one.missing for name, one in numbers.items()}
    missing |= {name: one.missing for name, one in fitted.levels.items()}
    return {
        "spec": dataclasses.asdict(spec),
        "imputed_in_training": {name: count for name, count in missing.items() if count},
        "without_values": [name for name, one in numbers.items() if one.missing == one.rows],
        "constant": [
            name for name, one in numbers.items() if one.low == one.high and one.missing < one.rows
        ],
        "infinite": _infinite(spec, ingested, hosts),
        "beyond_whole_numbers": _beyond(fitted),
        "levels_of_several_spellings": _merged(fitted),
        "synthetic": dict(made),
    }


def _beyond(fitted: Fitted) -> list[str]:
    """Columns with numbers from 2**53 on, where whole ones are rounded to what a double holds."""
    return [
        name
        for name, one in fitted.numbers.items()
        if max(abs(one.pivot + one.low), abs(one.pivot + one.high)) > _EXACT
    ]


def _merged(fitted: Fitted) -> dict[str, dict[str, str]]:
    """By column, texts of levels that are called otherwise; some of them if they are many."""
    others = {
        name: [pair for pair in one.spelled.spellings.items() if pair[0] != pair[1]]
        for name, one in fitted.levels.items()
    }
    return {name: dict(sorted(pairs)[:_SHOWN]) for name, pairs in others.items() if pairs}


def _infinite(spec: Spec, ingested: Ingested, hosts: Hosts) -> dict[str, int]:
    columns = [name for group in spec.numeric for name in group.columns]
    names = list(dict.fromkeys([*columns, *spec.raw_columns()]))
    own = np.array([ingested.infinite.get(name, 0) for name in names], dtype=np.int64)
    return {name: int(n) for name, n in zip(names, hosts.total(own), strict=True) if n}
