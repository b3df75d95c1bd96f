"""SageMaker for Dagster: Pipes clients, typed requests, and the life of a job.

The raw boto3 request is the API underneath; processors and the training spec build one. Nothing
here imports another part of the project, so any Dagster project can use it.
"""

from ml_pipeline.sagemaker.code import CodeBundle
from ml_pipeline.sagemaker.connection import SageMakerConnection
from ml_pipeline.sagemaker.errors import InvalidRequestError
from ml_pipeline.sagemaker.images import sklearn_image_uri
from ml_pipeline.sagemaker.inputs import (
    ManifestInput,
    ProcessingInput,
    ProcessingOutput,
    TrainingChannel,
)
from ml_pipeline.sagemaker.pipes import (
    PipesSageMakerProcessingClient,
    PipesSageMakerTrainingClient,
    SageMakerInvocation,
)
from ml_pipeline.sagemaker.polling import Polling
from ml_pipeline.sagemaker.processors import ScriptProcessor, SKLearnProcessor
from ml_pipeline.sagemaker.refusals import explain_refusal
from ml_pipeline.sagemaker.request import JobRequest, Upload, deep_merge
from ml_pipeline.sagemaker.result import FinishedJob, S3Object, S3Output
from ml_pipeline.sagemaker.training import SKLearnTraining

__all__ = [
    "CodeBundle",
    "FinishedJob",
    "InvalidRequestError",
    "JobRequest",
    "ManifestInput",
    "PipesSageMakerProcessingClient",
    "PipesSageMakerTrainingClient",
    "Polling",
    "ProcessingInput",
    "ProcessingOutput",
    "S3Object",
    "S3Output",
    "SKLearnProcessor",
    "SKLearnTraining",
    "SageMakerConnection",
    "SageMakerInvocation",
    "ScriptProcessor",
    "TrainingChannel",
    "Upload",
    "deep_merge",
    "explain_refusal",
    "sklearn_image_uri",
]
