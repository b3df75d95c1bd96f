"""How the model does on the day it was held back from, scored by a SageMaker processing job.

When its checks pass, and only then, the model becomes champion: ``champion.json`` names it, which
is what consumers read. An older day never replaces a newer champion.
"""

from collections.abc import Iterator

import dagster as dg

from dagster_sagemaker import (
    JobRequest,
    PipesSageMakerProcessingClient,
    ProcessingInput,
    ProcessingOutput,
    SageMakerConnection,
)
from ml_pipeline import code_bundles
from ml_pipeline.checks import auc_check, auc_spec
from ml_pipeline.partitions import daily, require_partition
from ml_pipeline.processors import sklearn_processor
from ml_pipeline.publishing.artifacts import Dataset, Evaluation, Model
from ml_pipeline.publishing.champion import Champion, promote
from ml_pipeline.settings import Settings


@dg.asset(
    description=__doc__,
    partitions_def=daily,
    group_name="flights",
    kinds={"sagemaker", "scikitlearn"},
    owners=["team:ml"],
    code_version=code_bundles.evaluate.version,
    pool="sagemaker_processing",
    io_manager_key="evaluations",
    check_specs=[auc_spec],
)
def model_evaluation(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    aws: SageMakerConnection,
    processing: PipesSageMakerProcessingClient,
    preprocessed_dataset: Dataset,
    model_artifact: Model,
) -> Iterator[dg.MaterializeResult[Evaluation]]:
    require_partition(context.run.tags)
    request = build_request(settings, preprocessed_dataset, model_artifact)
    job = processing.run(context=context, request=request).job
    evaluation = Evaluation.from_job(job, code_version=code_bundles.evaluate.version)
    check = auc_check(job.report, settings.min_auc)
    yield dg.MaterializeResult(value=evaluation, metadata=job.metadata, check_results=[check])
    # Behind the yield: by now the evaluation is published.
    if check.passed:
        champion = Champion(
            partition=context.partition_key, model=model_artifact, evaluation=evaluation
        )
        promoted = promote(aws.client("s3"), settings.bucket_name, champion)
        context.log.info("champion: %s", promoted.partition)


def build_request(settings: Settings, dataset: Dataset, model: Model) -> JobRequest:
    """The processing job that scores one model on its held-out day."""
    bucket = f"s3://{settings.bucket_name}"
    return sklearn_processor(settings).build(
        code=code_bundles.evaluate,
        code_uri=f"{bucket}/code",
        inputs=[
            ProcessingInput(
                name="model",
                s3_uri=f"{bucket}/{model.outputs['model'].objects[0].key}",
                local_path="/opt/ml/processing/input/model",
            ),
            ProcessingInput(
                name="holdout",
                s3_uri=dataset.outputs["holdout"].uri,
                local_path="/opt/ml/processing/input/holdout",
            ),
        ],
        outputs=[
            ProcessingOutput(
                name="report",
                s3_uri=f"{bucket}/model_evaluation/ds={{{{ ds }}}}/{{{{ job_name }}}}/report",
                local_path="/opt/ml/processing/output/report",
            )
        ],
        version=dataset.etags("holdout") + model.etags("model"),
    )
