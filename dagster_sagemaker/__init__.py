"""SageMaker for Dagster: Pipes clients, typed requests, and the life of a job.

The raw boto3 request is the API underneath; processors and the training spec build one. Nothing
here imports another part of the project, so any Dagster project can use it.
"""

from dagster_sagemaker.airflow_compat import airflow_compat
from dagster_sagemaker.code import CodeBundle
from dagster_sagemaker.completion_sensor import build_completion_sensor
from dagster_sagemaker.connection import SageMakerConnection
from dagster_sagemaker.costs import PriceTable, PriceTableError
from dagster_sagemaker.errors import InvalidRequestError
from dagster_sagemaker.feature_groups import FeatureGroup, Ingestion, ingest_features
from dagster_sagemaker.identity import is_of_asset_backfill
from dagster_sagemaker.images import image_uri
from dagster_sagemaker.inputs import (
    ManifestInput,
    ProcessingInput,
    ProcessingOutput,
    TrainingChannel,
)
from dagster_sagemaker.invocation import SageMakerInvocation
from dagster_sagemaker.network import NetworkConfig
from dagster_sagemaker.options import JobKeywords, JobOptions
from dagster_sagemaker.pipeline_client import FinishedPipeline, SageMakerPipelineClient
from dagster_sagemaker.pipeline_steps import pipeline_step
from dagster_sagemaker.pipes import PipesSageMakerProcessingClient, PipesSageMakerTrainingClient
from dagster_sagemaker.polling import Polling
from dagster_sagemaker.processors import (
    FrameworkProcessor,
    PySparkProcessor,
    PyTorchProcessor,
    ScriptProcessor,
    SKLearnProcessor,
    TensorFlowProcessor,
)
from dagster_sagemaker.refusals import explain_refusal
from dagster_sagemaker.request import JobRequest, Upload, deep_merge
from dagster_sagemaker.result import FinishedJob, S3Object, S3Output
from dagster_sagemaker.sweep_sensor import build_sweep_sensor
from dagster_sagemaker.training import (
    FrameworkTraining,
    PyTorchTraining,
    SKLearnTraining,
    TensorFlowTraining,
    XGBoostAlgorithm,
    XGBoostTraining,
)

__all__ = [
    "CodeBundle",
    "FeatureGroup",
    "FinishedJob",
    "FinishedPipeline",
    "FrameworkProcessor",
    "FrameworkTraining",
    "Ingestion",
    "InvalidRequestError",
    "JobKeywords",
    "JobOptions",
    "JobRequest",
    "ManifestInput",
    "NetworkConfig",
    "PipesSageMakerProcessingClient",
    "PipesSageMakerTrainingClient",
    "Polling",
    "PriceTable",
    "PriceTableError",
    "ProcessingInput",
    "ProcessingOutput",
    "PySparkProcessor",
    "PyTorchProcessor",
    "PyTorchTraining",
    "S3Object",
    "S3Output",
    "SKLearnProcessor",
    "SKLearnTraining",
    "SageMakerConnection",
    "SageMakerInvocation",
    "SageMakerPipelineClient",
    "ScriptProcessor",
    "TensorFlowProcessor",
    "TensorFlowTraining",
    "TrainingChannel",
    "Upload",
    "XGBoostAlgorithm",
    "XGBoostTraining",
    "airflow_compat",
    "build_completion_sensor",
    "build_sweep_sensor",
    "deep_merge",
    "explain_refusal",
    "image_uri",
    "ingest_features",
    "is_of_asset_backfill",
    "pipeline_step",
]
