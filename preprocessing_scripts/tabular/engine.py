"""The whole way of a table: read, deal to channels, fit, write."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.pipeline import Pipeline

from preprocessing_scripts.progress import Progress
from preprocessing_scripts.tabular.blocks import Source, all_columns
from preprocessing_scripts.tabular.deal import CHANNELS, deal
from preprocessing_scripts.tabular.emit import Emit
from preprocessing_scripts.tabular.errors import TableError
from preprocessing_scripts.tabular.fit import fit_columns, fit_texts
from preprocessing_scripts.tabular.hosts import Hosts
from preprocessing_scripts.tabular.ingest import Ingest
from preprocessing_scripts.tabular.kept import kept_types
from preprocessing_scripts.tabular.pace import Pace
from preprocessing_scripts.tabular.pipeline import Fitted, build_pipeline
from preprocessing_scripts.tabular.plan import plan_schema
from preprocessing_scripts.tabular.report import channel_schema, count_classes, describe, measure
from preprocessing_scripts.tabular.spec import Spec
from preprocessing_scripts.tabular.spool import Spool
from preprocessing_scripts.tabular.writers import writing
from preprocessing_scripts.whole_files import whole_file


@dataclass(frozen=True)
class Result:
    """What a run has to say; everything else is in the output folder.

    Args:
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
        output: Gets ``train/``, ``validation/``, ``holdout/`` and ``preprocessor/``, or none of
            their files if the run fails.
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
    with _whole(output):
        folder = spool_folder or Path(tempfile.gettempdir())
        return _run(spec, source, output, progress, hosts, folder)


def _run(
    spec: Spec,
    source: Source,
    output: Path,
    progress: Progress,
    hosts: Hosts,
    spool_folder: Path,
) -> Result:
    pace = Pace(progress)
    columns, typed = _columns(source, hosts)
    spec = spec.resolve(columns)
    schema = plan_schema(spec, source, typed, hosts)
    kept = kept_types(spec.keep, source, schema, hosts)
    numeric = [name for group in spec.numeric for name in group.columns]
    with Spool(spool_folder, len(numeric), spec.output.dtype) as spool:
        with pace.phase("read", "reading rows"):
            ingest = Ingest(spec, source, schema, numeric, kept)
            ingest.set_pivots(hosts)
            ingested = ingest.run(spool, pace)
        with pace.phase("fit", "fitting on the training rows"):
            dealt = deal(spec, ingested.rows, hosts)
            progress.say(dealt.summary())
            numbers = fit_columns(spec, spool, dealt, ingest.pivots.tolist(), hosts, pace)
            levels = fit_texts(spec, spool, dealt, ingested.rows.labels, typed, hosts)
            words = () if typed else spec.missing_values
            fitted = Fitted(numbers, levels, build_pipeline(spec, numbers, levels, words))
        with pace.phase("write", "writing channels"), writing(output):
            emit = Emit(spec, spool, fitted, dealt, ingested.rows.labels, output, hosts)
            made = emit.run(pace, progress)
            if hosts.rank == 0:
                _save(fitted.pipeline, output)
    classes = count_classes(ingested.rows.labels, dealt, hosts)
    metrics = measure(ingested, dealt, classes, fitted, made, hosts)
    metrics["spool_mb"] = round(spool.bytes / 1e6, 1)
    metrics |= {f"{phase}_seconds": seconds for phase, seconds in pace.seconds.items()}
    details = describe(spec, fitted, ingested, made, hosts) | {"classes": classes}
    if spec.balance.method == "smote":
        details["synthetic_whole_numbers"] = emit.kept_whole
    return Result(fitted.pipeline, metrics, channel_schema(spec, fitted, kept), details)


@contextmanager
def _whole(output: Path) -> Iterator[None]:
    """Leave the output of this run alone: nothing of an earlier one, and nothing if it fails."""
    _clear(output)
    try:
        yield
    except BaseException:
        _clear(output)
        raise


def _clear(output: Path) -> None:
    """Remove what a run left: parts of two runs together, or some of one, would be no table."""
    for folder, pattern in (
        *((name + suffix, "part-*") for name in CHANNELS for suffix in ("", "_csv")),
        ("preprocessor", "preprocessor.joblib*"),
        ("report", "report.json*"),
    ):
        for path in (output / folder).glob(pattern):
            path.unlink()


def _columns(source: Source, hosts: Hosts) -> tuple[list[str], bool]:
    """The table's columns, and whether they have types, also on a host that has no file."""
    own = {
        "columns": np.array(source.columns() if source.files else [], dtype=np.str_),
        "typed": np.array([source.typed]),
    }
    found = [share for share in hosts.exchange(own) if len(share["columns"])]
    if not found:
        raise TableError("the input folder holds no .csv, .csv.gz or .parquet file")
    return all_columns(share["columns"].tolist() for share in found), bool(found[0]["typed"][0])


def _save(pipeline: Pipeline, output: Path) -> None:
    folder = output / "preprocessor"
    folder.mkdir(parents=True, exist_ok=True)
    with whole_file(folder / "preprocessor.joblib") as unfinished:
        joblib.dump(pipeline, unfinished)
