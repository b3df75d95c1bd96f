"""The short account of one partition that ``make run`` ends with."""

import json
from typing import Any

import click
import dagster as dg

from ml_pipeline.publishing.artifacts import Artifact, Dataset, Evaluation, Model
from ml_pipeline.publishing.manifests import Manifests
from ml_pipeline.resources import build_connection
from ml_pipeline.settings import Settings


def print_summary(settings: Settings, partition: str) -> None:
    """Print what became of a partition.

    Raises:
        click.ClickException: One of its assets was never materialized, or S3 cannot be read.
    """
    try:
        _print(settings, partition)
    except dg.Failure as error:
        raise click.ClickException(str(error.description)) from error


def _print(settings: Settings, partition: str) -> None:
    manifests = Manifests(build_connection(settings).client("s3"), settings.bucket_name)
    dataset = _published(manifests, "preprocessed_dataset", partition, Dataset)
    model = _published(manifests, "model_artifact", partition, Model)
    evaluation = _published(manifests, "model_evaluation", partition, Evaluation)
    prepared = _metrics(manifests, dataset)
    scored = _metrics(manifests, evaluation)
    for name, value in (
        ("partition", partition),
        ("rows in", f"{prepared['rows_in']:,} ({prepared['rows_cancelled']:,} cancelled)"),
        ("train", f"{prepared['train_rows']:,} rows"),
        ("validation", f"{prepared['validation_rows']:,} rows"),
        ("AUC on the held-out day", f"{scored['auc']:.4f}" if "auc" in scored else "undefined"),
        ("dataset", dataset.outputs["train"].uri.removesuffix("train")),
        ("model", f"s3://{manifests.bucket}/{model.outputs['model'].objects[0].key}"),
        ("see it", "make dev, then http://127.0.0.1:3000"),
    ):
        click.echo(f"{click.style(f'{name:24}', bold=True)} {value}")


def _published(manifests: Manifests, asset: str, partition: str, kind: type[Any]) -> Any:
    artifact = manifests.find(asset, partition, kind)
    if artifact is None:
        raise click.ClickException(
            f"{asset} has no partition {partition}: make run PARTITION={partition}"
        )
    return artifact


def _metrics(manifests: Manifests, artifact: Artifact) -> dict[str, Any]:
    report = json.loads(manifests.read(artifact.outputs["report"].objects[0]))
    metrics: dict[str, Any] = report["metrics"]
    return metrics
