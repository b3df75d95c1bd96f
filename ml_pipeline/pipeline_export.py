"""The asset graph's jobs as a SageMaker pipeline: the requests of the assets, with expressions.

The definition is the same for every day, which is its parameter ``ds``. What a day reads is in a
manifest of its own, which is written when that day is exported.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dagster_sagemaker import JobRequest, Upload, pipeline_step
from dagster_sagemaker.kinds import KindName
from ml_pipeline.assets import model_artifact, model_evaluation, preprocessed_dataset
from ml_pipeline.publishing.artifacts import Dataset, Model, Output, RawDay, StoredObject
from ml_pipeline.settings import Settings

_DATASET, _MODEL, _EVALUATION = "preprocessed_dataset", "model_artifact", "model_evaluation"
_DS = {"Get": "Parameters.ds"}
_MODEL_TEMPLATE = "{{ model }}"


@dataclass(frozen=True)
class Export:
    """A pipeline, and what has to lie in S3 before it runs.

    Args:
        definition: Of version 2020-12-01.
        code: The scripts; an object that is there already is the right one.
        manifest: What the day reads; written anew, as the day may have been landed again.
    """

    definition: Mapping[str, Any]
    code: tuple[Upload, ...]
    manifest: Upload


def export(settings: Settings, ds: str, raw_flights: dict[str, RawDay]) -> Export:
    """The pipeline of the assets' jobs.

    Args:
        settings: The project's.
        ds: The day that is the parameter's default.
        raw_flights: The raw days of its window.
    """
    dataset = preprocessed_dataset.build_request(settings, raw_flights)
    (manifest,) = (one for one in dataset.uploads if one.uri.endswith(".manifest"))
    manifests = f"s3://{settings.bucket_name}/manifests/pipeline/ds="
    model = model_artifact.build_request(settings, _outputs_of_the_step())
    evaluation = model_evaluation.build_request(settings, _outputs_of_the_step(), _model_of_step())
    whole_model = f"s3://{settings.bucket_name}/{_MODEL_TEMPLATE}"
    steps = [
        _step(_DATASET, dataset, {manifest.uri: f"{manifests}{{{{ ds }}}}.manifest"}),
        _step(_MODEL, model, {}),
        _step(_EVALUATION, evaluation, {whole_model: _MODEL_TEMPLATE}),
    ]
    uploads = {one.uri: one for of in (dataset, model, evaluation) for one in of.uploads}
    del uploads[manifest.uri]
    return Export(
        {
            "Version": "2020-12-01",
            "Metadata": {},
            "Parameters": [{"Name": "ds", "Type": "String", "DefaultValue": ds}],
            "Steps": steps,
        },
        tuple(uploads.values()),
        Upload(uri=f"{manifests}{ds}.manifest", content=manifest.content),
    )


def _step(name: str, job: JobRequest, replaced: Mapping[str, str]) -> dict[str, Any]:
    channels = {
        f"dataset.{channel}": {
            "Get": f"Steps.{_DATASET}.ProcessingOutputConfig.Outputs['{channel}'].S3Output.S3Uri"
        }
        for channel in preprocessed_dataset.CHANNELS
    }
    model = {"Get": f"Steps.{_MODEL}.ModelArtifacts.S3ModelArtifacts"}
    kind: KindName = "training" if name == _MODEL else "processing"
    request = _replaced(job.request, replaced)
    return pipeline_step(name, kind, request, {"ds": _DS, "model": model, **channels})


def _outputs_of_the_step() -> Dataset:
    """A dataset whose addresses are those that the step before has."""
    return Dataset(
        outputs={
            name: Output(uri=f"{{{{ dataset.{name} }}}}", objects=())
            for name in preprocessed_dataset.CHANNELS
        }
    )


def _model_of_step() -> Model:
    stored = StoredObject(key=_MODEL_TEMPLATE, size=0, etag="")
    return Model(outputs={"model": Output(uri="", objects=(stored,))})


def _replaced(node: Any, texts: Mapping[str, str]) -> Any:
    """A request in which some texts are others."""
    if isinstance(node, Mapping):
        return {key: _replaced(value, texts) for key, value in node.items()}
    if isinstance(node, (list, tuple)):
        return [_replaced(item, texts) for item in node]
    return texts.get(node, node) if isinstance(node, str) else node
