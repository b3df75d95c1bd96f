"""Data frames into feature groups."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

from dagster_sagemaker.connection import SageMakerConnection
from dagster_sagemaker.feature_groups.creation import ensure_group
from dagster_sagemaker.feature_groups.feature_group import FeatureGroup
from dagster_sagemaker.feature_groups.frames import feature_types, records
from dagster_sagemaker.feature_groups.writing import write_records

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Ingestion:
    """What an ingestion did.

    Args:
        feature_group: The group's name.
        arn: The group's ARN.
        records: How many records were put.
        created: Whether the group was made for it.
        offline_s3_uri: Where the files of its offline store are; None if it has none.
    """

    feature_group: str
    arn: str
    records: int
    created: bool
    offline_s3_uri: str | None

    @property
    def metadata(self) -> dict[str, Any]:
        """For Dagster's asset catalog."""
        place = self.offline_s3_uri
        return {
            "feature_group": self.feature_group,
            "feature_group_arn": self.arn,
            "feature_group_created": self.created,
            "dagster/row_count": self.records,
            **({"offline_store": dg.MetadataValue.path(place)} if place else {}),
        }


def ingest_features(
    connection: SageMakerConnection, group: FeatureGroup, frame: "pd.DataFrame", *, threads: int = 8
) -> Ingestion:
    """Put every row of a data frame into a feature group, which is made if it is not there.

    To do so again changes nothing that is online: a record takes the place of one whose event time
    is earlier. The offline store then has each row twice; the one with the later
    ``api_invocation_time`` counts, as for all who read it.

    Args:
        connection: To SageMaker.
        group: The group.
        frame: A column for each feature; one that has no value in a row is left out there.
        threads: How many requests are made at once.

    Returns:
        What was done.

    Raises:
        InvalidRequestError: The data frame, or a row of it, does not fit the group.
        dagster.Failure: SageMaker refused the group or a record; names it.
    """
    types = feature_types(group, frame)
    described, created = ensure_group(connection.client("sagemaker"), group, types)
    runtime = connection.client("sagemaker-featurestore-runtime")
    written = write_records(runtime, group.name, records(group, frame), threads)
    offline = described.get("OfflineStoreConfig", {}).get("S3StorageConfig", {})
    return Ingestion(
        feature_group=group.name,
        arn=described["FeatureGroupArn"],
        records=written,
        created=created,
        offline_s3_uri=offline.get("ResolvedOutputS3Uri"),
    )
