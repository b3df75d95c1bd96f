"""One of Airflow's operators for SageMaker at its defaults, and when it saw the end of its job.

The variable JOB holds the kind of job and the config, as JSON.
"""

import json
import os
import sys

import pendulum
from airflow.providers.amazon.aws.operators.sagemaker import (
    SageMakerProcessingOperator,
    SageMakerTrainingOperator,
)
from airflow.sdk import DAG

kind, config = json.loads(os.environ["JOB"])
operators = {"processing": SageMakerProcessingOperator, "training": SageMakerTrainingOperator}

with DAG("timed", start_date=pendulum.datetime(2026, 1, 1), schedule=None) as dag:
    operators[kind](task_id="job", config=config, aws_conn_id=None)

if __name__ == "__main__":
    run = dag.test()
    (task,) = run.get_task_instances()
    sys.stdout.flush()
    print(json.dumps({"state": str(task.state), "seen": task.end_date.timestamp()}))
