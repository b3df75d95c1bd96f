"""Definitions for tests: an asset whose SageMaker job runs until a test lets it end."""

from pathlib import Path

import dagster as dg

from dagster_sagemaker import (
    CodeBundle,
    PipesSageMakerProcessingClient,
    ProcessingOutput,
    SKLearnProcessor,
)
from ml_pipeline.partitions import daily
from ml_pipeline.publishing.artifacts import Evaluation
from ml_pipeline.resources import build_resources
from ml_pipeline.settings import Settings, get_settings

SCRIPT = Path(__file__).parent / "wait_for_release.py"


@dg.asset(partitions_def=daily, pool="waiting", io_manager_key="evaluations")
def waiting_asset(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    processing: PipesSageMakerProcessingClient,
) -> dg.MaterializeResult[Evaluation]:
    bucket = f"s3://{settings.bucket_name}"
    processor = SKLearnProcessor(region=settings.region, role_arn=settings.job_role_arn)
    request = processor.build(
        code=CodeBundle([SCRIPT], entry_point=SCRIPT.name),
        code_uri=f"{bucket}/code",
        arguments=[settings.bucket_name, "release/{{ ds }}"],
        outputs=[
            ProcessingOutput(
                name="report",
                s3_uri=f"{bucket}/waiting_asset/ds={{{{ ds }}}}/{{{{ job_name }}}}/report",
                local_path="/opt/ml/processing/output/report",
            )
        ],
    )
    job = processing.run(context=context, request=request).job
    return dg.MaterializeResult(
        value=Evaluation.from_job(job, code_version=""), metadata=job.metadata
    )


defs = dg.Definitions(
    assets=[waiting_asset],
    jobs=[
        dg.define_asset_job(name, selection="*", executor_def=executor)
        for name, executor in (
            ("in_one_process", dg.in_process_executor),
            ("in_a_process_per_step", dg.multiprocess_executor),
        )
    ],
    resources=build_resources(get_settings()),
)
