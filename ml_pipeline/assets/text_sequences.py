"""Padded token sequences of texts as TFRecord files, made by a SageMaker job in TensorFlow.

The texts are a setting (``ML_PIPELINE_TEXTS_URI``); the vocabulary is fitted on the training texts
alone, and published with the sequences. Nothing depends on this asset, and the daily job does not
make it.
"""

import shlex
from collections.abc import Iterator, Mapping

import dagster as dg

from dagster_sagemaker import (
    JobRequest,
    PipesSageMakerProcessingClient,
    ProcessingInput,
    ProcessingOutput,
    SageMakerConnection,
)
from ml_pipeline import code_bundles
from ml_pipeline.feature_settings import folder_of_day
from ml_pipeline.partitions import backfill_policy, daily, days_of
from ml_pipeline.processors import tensorflow_processor
from ml_pipeline.publishing.artifacts import Sequences
from ml_pipeline.publishing.results import materialized
from ml_pipeline.s3_inputs import version_of
from ml_pipeline.settings import Settings


@dg.asset(
    description=__doc__,
    partitions_def=daily,
    backfill_policy=backfill_policy,
    group_name="processors",
    kinds={"sagemaker", "tensorflow"},
    owners=["team:ml"],
    code_version=code_bundles.text_sequences.version,
    pool="sagemaker_processing",
    io_manager_key="sequences",
    output_required=False,
)
def text_sequences(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    aws: SageMakerConnection,
    processing: PipesSageMakerProcessingClient,
) -> Iterator[dg.MaterializeResult[Mapping[str, Sequences]]]:
    made = {}
    code_version = code_bundles.text_sequences.version
    for ds in days_of(context):
        texts = folder_of_day(settings.texts_uri, ds)
        version = version_of(aws.client("s3"), texts, "ML_PIPELINE_TEXTS_URI")
        request = build_request(settings, texts, version)
        invocation = processing.run(context=context, partition_key=ds, request=request)
        if invocation.left_running:
            return
        made[ds] = Sequences.from_job(invocation.job, code_version=code_version)
        context.add_asset_metadata(invocation.job.metadata, partition_key=ds)
    yield materialized(made)


def build_request(settings: Settings, texts: str, version: str) -> JobRequest:
    """The processing job of one day.

    Args:
        settings: Image, instance type, column and arguments.
        texts: S3 prefix.
        version: See ``JobRequest.version``.
    """
    bucket = f"s3://{settings.bucket_name}"
    arguments = shlex.split(settings.text_sequences_arguments)
    return tensorflow_processor(settings).build(
        code=code_bundles.text_sequences,
        code_uri=f"{bucket}/code",
        arguments=["--text", settings.text_column, *arguments],
        inputs=[
            ProcessingInput(name="texts", s3_uri=texts, local_path="/opt/ml/processing/input/texts")
        ],
        outputs=[
            ProcessingOutput(
                name=name,
                s3_uri=f"{bucket}/text_sequences/ds={{{{ ds }}}}/{{{{ job_name }}}}/{name}",
                local_path=f"/opt/ml/processing/output/{name}",
                # Of a few texts, none may be dealt to it.
                optional=name == "validation",
            )
            for name in ("train", "validation", "vocabulary", "report")
        ],
        version=version,
    )
