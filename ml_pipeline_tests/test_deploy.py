"""What `deploy/` sets up, made for real in the emulator of the local service."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dagster_sagemaker.job_events import JobEvents
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.dagster_sagemaker.test_lifecycle_faults import connect
from ml_pipeline_tests.project import ROOT

STACK = "job-events"


@pytest.fixture
def stack(local_service: LocalService) -> Iterator[dict[str, str]]:
    """The outputs of the stack."""
    formation = local_service.client("cloudformation")
    template = (ROOT / "deploy" / "job-events.yaml").read_text()
    formation.create_stack(StackName=STACK, TemplateBody=template)
    [made] = formation.describe_stacks(StackName=STACK)["Stacks"]
    assert made["StackStatus"] == "CREATE_COMPLETE"
    yield {output["OutputKey"]: output["OutputValue"] for output in made["Outputs"]}
    formation.delete_stack(StackName=STACK)


def event(kind: str, name: str, status: str) -> dict[str, Any]:
    return {
        "Source": "aws.sagemaker",
        "DetailType": f"SageMaker {kind} Job State Change",
        "Detail": json.dumps({f"{kind}JobName": name, f"{kind}JobStatus": status}),
    }


def test_the_queue_gets_the_ends_of_jobs_of_both_kinds(
    local_service: LocalService, stack: dict[str, str]
) -> None:
    local_service.client("events").put_events(
        Entries=[
            event("Processing", "one", "InProgress"),
            event("Processing", "one", "Completed"),
            event("Training", "two", "Failed"),
            event("Training", "three", "Stopping"),
            event("Transform", "four", "Completed"),
        ]
    )
    connection = connect(local_service)
    queue = local_service.client("sqs").get_queue_attributes(
        QueueUrl=stack["QueueUrl"], AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert queue["Attributes"]["ApproximateNumberOfMessages"] == "2"
    assert JobEvents(connection, stack["QueueUrl"]).ended() == {"one", "two"}
    assert JobEvents(connection, "ml-pipeline-jobs").ended() == set()
