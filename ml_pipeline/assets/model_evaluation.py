"""How the model does on the day it was held back from, scored by a SageMaker processing job.

When its checks pass, and only then, the model becomes champion: ``champion.json`` names it, which
is what consumers read. An older day never replaces a newer champion.
"""

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
from ml_pipeline.automation import follows_its_inputs
from ml_pipeline.checks import auc_of, is_good_enough
from ml_pipeline.partitions import backfill_policy, daily, days_of
from ml_pipeline.processors import sklearn_processor
from ml_pipeline.publishing.artifacts import Dataset, Evaluation, Model
from ml_pipeline.publishing.champion import Champion, promote
from ml_pipeline.publishing.results import materialized
from ml_pipeline.settings import Settings, get_settings


@dg.asset(
    description=__doc__,
    partitions_def=daily,
    backfill_policy=backfill_policy,
    group_name="flights",
    kinds={"sagemaker", "scikitlearn"},
    owners=["team:ml"],
    code_version=code_bundles.evaluate.version,
    pool="sagemaker_processing",
    io_manager_key="evaluations",
    output_required=False,
    automation_condition=follows_its_inputs(get_settings()),
)
def model_evaluation(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    aws: SageMakerConnection,
    processing: PipesSageMakerProcessingClient,
    preprocessed_dataset: dict[str, Dataset],
    model_artifact: dict[str, Model],
) -> Iterator[dg.MaterializeResult[Mapping[str, Evaluation]]]:
    made, scores = {}, {}
    for ds in days_of(context):
        request = build_request(settings, preprocessed_dataset[ds], model_artifact[ds])
        invocation = processing.run(context=context, partition_key=ds, request=request)
        if invocation.left_running:
            return
        job = invocation.job
        made[ds] = Evaluation.from_job(job, code_version=code_bundles.evaluate.version)
        scores[ds] = auc_of(job.report)
        context.add_asset_metadata(job.metadata, partition_key=ds)
    yield materialized(made)
    # Behind the yield: by now the evaluations are published.
    for ds, auc in scores.items():
        if is_good_enough(auc, settings.min_auc):
            candidate = Champion(partition=ds, model=model_artifact[ds], evaluation=made[ds])
            champion = promote(aws.client("s3"), settings.bucket_name, candidate)
            context.log.info("champion: %s", champion.partition)


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
