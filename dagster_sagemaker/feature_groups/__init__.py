"""Feature groups of SageMaker's Feature Store: made if they are missing, and given data frames."""

from dagster_sagemaker.feature_groups.feature_group import FeatureGroup
from dagster_sagemaker.feature_groups.ingestion import Ingestion, ingest_features
from dagster_sagemaker.feature_groups.parquet import read_parquet

__all__ = ["FeatureGroup", "Ingestion", "ingest_features", "read_parquet"]
