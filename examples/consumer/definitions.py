"""A code location of another team, which serves the models that the pipeline publishes.

It knows the pipeline by the key of an asset and by the manifest in S3, and imports nothing of it.
"""

import json
import os
from typing import Any

import boto3
import dagster as dg

BUCKET = os.environ.get("CONSUMER_BUCKET", "ml-pipeline")

days = dg.DailyPartitionsDefinition("2013-01-01", end_date="2014-01-01")

model_artifact = dg.AssetSpec("model_artifact", partitions_def=days)
"""The other location's asset: Dagster takes specs of one key for one asset."""

# eager() looks at the latest day only; a model of any day is to be served.
whenever_there_is_a_new_model = dg.AutomationCondition.eager().without(
    dg.AutomationCondition.in_latest_time_window()
)


@dg.asset(
    deps=[model_artifact],
    partitions_def=days,
    automation_condition=whenever_there_is_a_new_model,
)
def served_model(context: dg.AssetExecutionContext) -> dg.MaterializeResult[Any]:
    """The model of a day, copied to where the servers look for it."""
    s3, day = boto3.client("s3"), context.partition_key
    manifest = s3.get_object(Bucket=BUCKET, Key=f"model_artifact/ds={day}/manifest.json")
    published = json.loads(manifest["Body"].read())
    (model,) = published["outputs"]["model"]["objects"]
    key = f"served_model/ds={day}/model.tar.gz"
    s3.copy_object(
        Bucket=BUCKET,
        Key=key,
        CopySource={"Bucket": BUCKET, "Key": model["key"]},
        CopySourceIfMatch=model["etag"],  # exactly the model that was published
    )
    return dg.MaterializeResult(
        metadata={
            "made_by": published["job_name"],
            "dagster/uri": f"s3://{BUCKET}/{key}",
            "dagster/size_bytes": model["size"],
        }
    )


defs = dg.Definitions(
    assets=[model_artifact, served_model],
    sensors=[
        dg.AutomationConditionSensorDefinition(
            "follow_models",
            target=[served_model],
            run_tags={"follows": "model_artifact"},
            default_status=dg.DefaultSensorStatus.RUNNING,
            minimum_interval_seconds=10,
        )
    ],
)
