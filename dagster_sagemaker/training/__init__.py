"""Training jobs: typed descriptions that build the request boto3 takes."""

from dagster_sagemaker.training.script_mode import (
    FrameworkTraining,
    PyTorchTraining,
    SKLearnTraining,
    TensorFlowTraining,
    XGBoostTraining,
)
from dagster_sagemaker.training.xgboost_algorithm import XGBoostAlgorithm

__all__ = [
    "FrameworkTraining",
    "PyTorchTraining",
    "SKLearnTraining",
    "TensorFlowTraining",
    "XGBoostAlgorithm",
    "XGBoostTraining",
]
