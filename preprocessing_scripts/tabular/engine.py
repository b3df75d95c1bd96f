"""The whole way of a table: read, deal to channels, fit, write."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.pipeline import Pipeline

from preprocessing_scripts.progress import Progress
from preprocessing_scripts.tabular.blocks import Source
from preprocessing_scripts.tabular.emit import Emit
from preprocessing_scripts.tabular.encode import Encoder
from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.fit import (
    CHANNELS,
    TRAIN,
    Deal,
    balanced_sizes,
    deal,
    fit_columns,
    fit_texts,
)
from preprocessing_scripts.tabular.fitted import build_pipeline
from preprocessing_scripts.tabular.hosts import Hosts
from preprocessing_scripts.tabular.ingest import Ingest, Ingested
from preprocessing_scripts.tabular.levels import LevelStatistics
from preprocessing_scripts.tabular.numbers import NumberStatistics
from preprocessing_scripts.tabular.pace import Pace, peak_memory_mb
from preprocessing_scripts.tabular.plan import plan_schema, raw_columns
from preprocessing_scripts.tabular.spec import Spec
from preprocessing_scripts.tabular.spool import Spool
from preprocessing_scripts.tabular.writers import writing


@dataclass(frozen=True)
class Result:
    """What a run has to say; everything else is in the output folder.

    Attributes:
        pipeline: Fitted; also in ``preprocessor/preprocessor.joblib``.
        metrics: Numbers for the report.
        schema: Columns of the channels.
        details: Anything else for the report.
    """

    pipeline: Pipeline
    metrics: dict[str, float]
    schema: list[dict[str, str]]
    details: dict[str, Any]


def run(
    spec: Spec,
    source: Source,
    output: Path,
    progress: Progress,
    hosts: Hosts | None = None,
    spool_folder: Path | None = None,
) -> Result:
    """Turn a table into channels.

    Args:
        spec: What is to become of it.
        source: This host's part of it.
        output: Gets ``train/``, ``validation/``, ``holdout/`` and ``preprocessor/``.
        progress: Where to say how far it is.
        hosts: All that share the work; alone by default.
        spool_folder: Where there is room for the table's numbers; the system's temporary folder by
            default.

    Raises:
        TableError: Something of the table or the spec cannot be used.
    """
    hosts = hosts or Hosts.alone()
    if spec.balance.method == "smote" and len(hosts.names) > 1:
        raise TableError(
            "spec.balance: smote needs all rows on one host; use one instance, or over"
        )
    _clear(output)
    pace = Pace(progress)
    spec = spec.resolve(_columns(source, hosts))
    schema = plan_schema(spec, source, hosts)
    names = [name for group in spec.numeric for name in group.columns]
    folder = spool_folder or Path(tempfile.gettempdir())
    with Spool(folder, len(names), spec.output.dtype) as spool:
        with pace.phase("read", "reading rows"):
            ingest = Ingest(spec, source, schema, names)
            ingest.set_pivots(hosts)
            ingested = ingest.run(spool, pace)
        rows = ingested.rows
        with pace.phase("fit", "fitting on the training rows"):
            dealt = deal(spec, rows, hosts)
            sizes = (f"{size:,} {name}" for name, size in dealt.sizes.items())
            progress.say(f"split: {', '.join(sizes)} rows")
            numbers = fit_columns(spec, spool, dealt, ingest.pivots.tolist(), hosts, pace)
            levels = fit_texts(spec, spool, dealt, rows.labels, hosts)
            pipeline = build_pipeline(spec, raw_columns(spec), numbers, levels)
        features = _feature_names(pipeline, [spec.label.column, *spec.keep])
        with pace.phase("write", "writing channels"), writing(output):
            encoder = Encoder(spec, numbers, levels)
            emit = Emit(spec, spool, encoder, dealt, rows.labels, features, output, hosts)
            emit.run(pace)
            by_class, target = balanced_sizes(spec, rows, dealt, hosts)
            made = emit.synthesize(by_class, target, progress) if target else {}
            if hosts.rank == 0:
                _save(pipeline, output)
        infinite = _add_up(ingested.infinite, [*names, *raw_columns(spec)], hosts)
        metrics = _measure(ingested, dealt, hosts)
        metrics["train_rows_written"] += sum(made.values())
        metrics |= {
            "n_features": len(features),
            "spool_mb": round(spool.bytes / 1e6, 1),
            "peak_memory_mb": round(peak_memory_mb(), 1),
            **{f"{phase}_seconds": seconds for phase, seconds in pace.seconds.items()},
        }
    return Result(
        pipeline,
        metrics,
        _schema(spec, features, schema),
        _details(spec, numbers, levels, infinite, made),
    )


def _clear(output: Path) -> None:
    """Remove what an earlier run left: parts of two runs together would be no table."""
    for folder, pattern in (
        *((name + suffix, "part-*") for name in CHANNELS for suffix in ("", "_csv")),
        ("preprocessor", "preprocessor.joblib"),
        ("report", "report.json"),
    ):
        for path in (output / folder).glob(pattern):
            path.unlink()


def _columns(source: Source, hosts: Hosts) -> list[str]:
    """The table's columns, also on a host that has no file."""
    own = np.array(source.columns() if source.files else [], dtype=np.str_)
    everyone = [given["columns"].tolist() for given in hosts.exchange({"columns": own})]
    columns: list[str] = next((given for given in everyone if given), [])
    if not columns:
        raise TableError("the input folder holds no .csv, .csv.gz or .parquet file")
    return columns


def _feature_names(pipeline: Pipeline, others: list[str]) -> list[str]:
    try:
        names = [str(name) for name in pipeline.get_feature_names_out()]
    except ValueError as error:  # two features of one name
        raise TableError(f"rename one of these columns: {error}") from error
    twice = sorted({*names} & {*others} | {name for name in others if others.count(name) > 1})
    if twice:
        raise TableError(f"{twice[0]} would be written twice: leave it out of the spec's keep")
    return names


def _save(pipeline: Pipeline, output: Path) -> None:
    folder = output / "preprocessor"
    folder.mkdir(parents=True, exist_ok=True)
    joblib.dump(pipeline, folder / "preprocessor.joblib")


def _measure(ingested: Ingested, dealt: Deal, hosts: Hosts) -> dict[str, float]:
    """Count rows so that ``rows_in = rows_unlabelled + the rows of all channels``."""
    labels, channel = ingested.rows.labels, dealt.channel
    ones = [int((labels[channel == number] == 1).sum()) for number in range(len(CHANNELS))]
    written = [int(dealt.repeats[channel == number].sum()) for number in range(len(CHANNELS))]
    own = np.array([ingested.rows_in, len(labels), *ones, *written], dtype=np.int64)
    totals = np.sum([given["counts"] for given in hosts.exchange({"counts": own})], axis=0)
    metrics: dict[str, float] = {
        "rows_in": int(totals[0]),
        "rows_unlabelled": int(totals[0] - totals[1]),
    }
    for number, (name, size) in enumerate(dealt.sizes.items()):
        metrics[f"{name}_rows"] = size
        metrics[f"{name}_positive_rate"] = round(float(totals[2 + number]) / max(size, 1), 6)
    metrics["train_rows_written"] = int(totals[2 + len(CHANNELS) + TRAIN])
    return metrics


def _add_up(counts: Mapping[str, int], names: Sequence[str], hosts: Hosts) -> dict[str, int]:
    own = np.array([counts.get(name, 0) for name in names], dtype=np.int64)
    totals = np.sum([given["counts"] for given in hosts.exchange({"counts": own})], axis=0)
    return {name: int(count) for name, count in zip(names, totals, strict=True) if count}


def _schema(spec: Spec, features: list[str], schema: Mapping[str, str]) -> list[dict[str, str]]:
    columns = [{"name": name, "type": spec.output.dtype} for name in features]
    columns.append({"name": spec.label.column, "type": "integer"})
    return columns + [{"name": name, "type": schema[name]} for name in spec.keep]


def _details(
    spec: Spec,
    numbers: Mapping[str, NumberStatistics],
    levels: Mapping[str, LevelStatistics],
    infinite: Mapping[str, int],
    made: Mapping[str, int],
) -> dict[str, Any]:
    missing = {name: one.missing for name, one in numbers.items()}
    missing |= {name: one.missing for name, one in levels.items()}
    return {
        "spec": dataclasses.asdict(spec),
        "imputed_in_training": {name: count for name, count in missing.items() if count},
        "without_values": [name for name, one in numbers.items() if one.missing == one.rows],
        "constant": [
            name for name, one in numbers.items() if one.low == one.high and one.missing < one.rows
        ],
        "infinite": dict(infinite),
        "synthetic": dict(made),
    }
