"""How late flights were before a day, as records of a SageMaker feature group.

``ML_PIPELINE_FEATURE_GROUP`` names the group, which is made if it is not there. Its online store
has the statistics of the last day that was ingested, by level and key; its offline store, in the
pipeline's bucket, has those of every day.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg

from dagster_sagemaker import FeatureGroup, SageMakerConnection, ingest_features
from ml_pipeline.partitions import backfill_policy, daily, days_of
from ml_pipeline.settings import Settings

if TYPE_CHECKING:
    import pandas as pd


@dg.asset(
    description=__doc__,
    partitions_def=daily,
    backfill_policy=backfill_policy,
    group_name="processors",
    kinds={"sagemaker"},
    owners=["team:ml"],
    ins={"route_statistics": dg.AssetIn(input_manager_key="statistics")},
)
def route_features(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    aws: SageMakerConnection,
    route_statistics: dict[str, Any],
) -> Iterator[dg.MaterializeResult[None]]:
    group = feature_group(settings)
    for ds in days_of(context):
        ingested = ingest_features(aws, group, features(route_statistics[ds], ds))
        context.add_asset_metadata(ingested.metadata, partition_key=ds)
    yield dg.MaterializeResult()


def feature_group(settings: Settings) -> FeatureGroup:
    """The group that the settings name."""
    return FeatureGroup(
        name=settings.feature_group,
        record_identifier="id",
        event_time="day",
        offline_s3_uri=f"s3://{settings.bucket_name}/feature_store",
        role_arn=settings.job_role_arn,
        description="Late flights out of New York, by carrier, route and hour",
    )


def features(statistics: "pd.DataFrame", ds: str) -> "pd.DataFrame":
    """The records of a day: its statistics, told apart by level and key, such as ``carrier-UA``.

    As of the day, and not of the run: days may be made in any order.
    """
    import pandas as pd

    return statistics.assign(
        id=statistics["level"] + "-" + statistics["key"], day=pd.Timestamp(ds, tz="UTC")
    )
