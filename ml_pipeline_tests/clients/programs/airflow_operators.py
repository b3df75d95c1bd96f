"""Airflow's operators for SageMaker, in a DAG that is run here and now."""

import json
import sys
from itertools import pairwise
from typing import Any

import pendulum
from airflow.providers.amazon.aws.operators.sagemaker import (
    SageMakerProcessingOperator,
    SageMakerTrainingOperator,
)
from airflow.sdk import DAG

ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"
MACHINE = {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}


def processing(name: str, *command: str) -> dict[str, Any]:
    return {
        "ProcessingJobName": name,
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": IMAGE, "ContainerEntrypoint": list(command)},
        "ProcessingResources": {"ClusterConfig": MACHINE},
    }


def training(name: str, *command: str) -> dict[str, Any]:
    return {
        "TrainingJobName": name,
        "RoleArn": ROLE,
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": list(command),
        },
        "OutputDataConfig": {"S3OutputPath": "s3://airflow/models"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600},
        "ResourceConfig": MACHINE,
    }


with DAG("jobs", start_date=pendulum.datetime(2026, 1, 1), schedule=None) as dag:
    common = {"aws_conn_id": None, "check_interval": 1}
    tasks = [
        SageMakerProcessingOperator(
            task_id="waits", config=processing("airflow", "echo", "hello"), **common
        ),
        SageMakerProcessingOperator(
            task_id="renames",
            config=processing("airflow", "echo", "again"),
            action_if_job_exists="timestamp",
            **common,
        ),
        SageMakerTrainingOperator(
            task_id="defers",
            config=training("airflow", "sh", "-c", "echo learning"),
            deferrable=True,
            print_log=True,
            **common,
        ),
        SageMakerTrainingOperator(
            task_id="fails", config=training("airflow-bad", "false"), print_log=False, **common
        ),
    ]
    for before, after in pairwise(tasks):
        before >> after

if __name__ == "__main__":
    run = dag.test()
    states = {task.task_id: str(task.state) for task in run.get_task_instances()}
    sys.stdout.flush()
    print(json.dumps(states))
