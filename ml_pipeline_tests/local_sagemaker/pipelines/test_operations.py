"""The operations of pipelines and executions, as a client sees them."""

from typing import Any

import pytest

from ml_pipeline_tests.local_sagemaker.pipelines.conftest import World
from ml_pipeline_tests.local_sagemaker.pipelines.definitions import (
    creation,
    definition,
    get,
    parameter,
    processing,
    token,
)

TEXT = definition(processing("a"), parameters=(parameter("ds", DefaultValue="2013-01-01"),))
ARN = "arn:aws:sagemaker:us-east-1:000000000000:pipeline/flow"


def test_a_pipeline_is_given_back_as_it_was_created(world: World) -> None:
    world.create(TEXT, PipelineDescription="daily", Tags=[{"Key": "team", "Value": "flights"}])
    for name in ("flow", ARN):
        found = world.call("DescribePipeline", PipelineName=name)
        assert found["PipelineDefinition"] == TEXT
        assert (found["PipelineArn"], found["PipelineStatus"]) == (ARN, "Active")
        assert (found["PipelineDisplayName"], found["PipelineDescription"]) == ("flow", "daily")
        assert "LastRunTime" not in found
    assert world.call("ListTags", ResourceArn=ARN) == {
        "Tags": [{"Key": "team", "Value": "flights"}]
    }


def test_a_name_is_taken_once_but_the_same_call_may_come_again(world: World) -> None:
    request = creation("flow", TEXT)
    assert world.call("CreatePipeline", **request) == world.call("CreatePipeline", **request)
    code, message = world.refused("CreatePipeline", **creation("flow", TEXT))
    # The words by which the SDKs' upsert knows that it has to update.
    assert (code, "already exists" in message) == ("ValidationException", True)


def test_an_update_leaves_executions_as_they_are(world: World) -> None:
    world.create(TEXT)
    arn = world.start()
    other = definition(processing("b"))
    world.call("UpdatePipeline", PipelineName="flow", PipelineDefinition=other)
    assert world.call("DescribePipeline", PipelineName="flow")["PipelineDefinition"] == other
    found = world.call("DescribePipelineDefinitionForExecution", PipelineExecutionArn=arn)
    assert found["PipelineDefinition"] == TEXT
    assert set(world.statuses(world.start())) == {"b"}


def test_a_definition_may_lie_in_s3(world: World) -> None:
    world.put_json("s3://bucket/flow.json", TEXT)
    request = creation("flow", TEXT)
    del request["PipelineDefinition"]
    place = {"Bucket": "bucket", "ObjectKey": "flow.json"}
    world.call("CreatePipeline", **request, PipelineDefinitionS3Location=place)
    assert world.call("DescribePipeline", PipelineName="flow")["PipelineDefinition"] == TEXT
    other = {**request, "PipelineName": "other"}
    _, message = world.refused("CreatePipeline", **other)
    assert message == "PipelineDefinition or PipelineDefinitionS3Location is required"
    place["ObjectKey"] = "missing.json"
    _, message = world.refused("CreatePipeline", **other, PipelineDefinitionS3Location=place)
    assert "s3://bucket/missing.json cannot be read" in message


def test_a_token_starts_one_execution(world: World) -> None:
    world.create(TEXT)
    same = {"PipelineName": "flow", "ClientRequestToken": token()}
    ds = [{"Name": "ds", "Value": "2013-02-01"}]
    answers = [
        world.call("StartPipelineExecution", **same, PipelineParameters=ds) for _ in range(2)
    ]
    assert answers[0] == answers[1]
    summaries = world.call("ListPipelineExecutions", PipelineName="flow")
    assert len(summaries["PipelineExecutionSummaries"]) == 1
    code, message = world.refused("StartPipelineExecution", **same)
    assert code == "ConflictException"
    assert answers[0]["PipelineExecutionArn"] in message


def test_an_execution_tells_its_parameters_and_its_name(world: World) -> None:
    world.create(TEXT)
    arn = world.start({"ds": "2013-02-01"}, PipelineExecutionDisplayName="february")
    found = world.call("ListPipelineParametersForExecution", PipelineExecutionArn=arn)
    assert found["PipelineParameters"] == [{"Name": "ds", "Value": "2013-02-01"}]
    found = world.call("DescribePipelineExecution", PipelineExecutionArn=arn)
    assert found["PipelineExecutionDisplayName"] == "february"
    assert (found["PipelineArn"], found["PipelineExecutionStatus"]) == (ARN, "Executing")
    world.call(
        "UpdatePipelineExecution", PipelineExecutionArn=arn, PipelineExecutionDescription="again"
    )
    found = world.call("DescribePipelineExecution", PipelineExecutionArn=arn)
    assert found["PipelineExecutionDescription"] == "again"
    unnamed = world.call("DescribePipelineExecution", PipelineExecutionArn=world.start())
    assert unnamed["PipelineExecutionDisplayName"].startswith("execution-")


def pages(world: World, operation: str, member: str, **request: Any) -> list[Any]:
    """All items of a list, read in pages of two."""
    found: list[Any] = []
    more: dict[str, str] = {}
    while True:
        page = world.call(operation, MaxResults=2, **request, **more)
        assert len(page[member]) <= 2
        found += page[member]
        if "NextToken" not in page:
            return found
        more = {"NextToken": page["NextToken"]}


def test_lists_come_in_pages(world: World) -> None:
    for name in ("flow", "b", "flow-2", "a", "c"):
        world.create(TEXT, name)
    found = pages(world, "ListPipelines", "PipelineSummaries", SortBy="Name", SortOrder="Ascending")
    assert [one["PipelineName"] for one in found] == ["a", "b", "c", "flow", "flow-2"]
    found = pages(world, "ListPipelines", "PipelineSummaries", PipelineNamePrefix="flow")
    assert [one["PipelineName"] for one in found] == ["flow-2", "flow"]
    arns = [world.start() for _ in range(3)]
    found = pages(
        world, "ListPipelineExecutions", "PipelineExecutionSummaries", PipelineName="flow"
    )
    assert [one["PipelineExecutionArn"] for one in found] == arns[::-1]
    code, message = world.refused("ListPipelines", NextToken="bm8=")
    assert (code, message) == ("ValidationException", "Invalid NextToken: it is none of this list")


def test_a_pipeline_goes_with_its_executions_once_they_have_ended(world: World) -> None:
    world.create(TEXT, Tags=[{"Key": "team", "Value": "flights"}])
    arn = world.start()
    code, message = world.refused("DeletePipeline", PipelineName="flow", ClientRequestToken=token())
    assert (code, arn in message) == ("ConflictException", True)
    world.end(arn, "a")
    world.call("DeletePipeline", PipelineName="flow", ClientRequestToken=token())
    for operation, request in {
        "DescribePipeline": {"PipelineName": "flow"},
        "DescribePipelineExecution": {"PipelineExecutionArn": arn},
        "ListPipelineExecutions": {"PipelineName": "flow"},
        "ListTags": {"ResourceArn": ARN},
    }.items():
        assert world.refused(operation, **request)[0] == "ResourceNotFound"
    world.create(TEXT)
    assert world.call("ListTags", ResourceArn=ARN) == {"Tags": []}


def test_what_has_ended_is_not_stopped(world: World) -> None:
    world.create(TEXT)
    arn = world.start()
    world.end(arn, "a")
    stop = {"PipelineExecutionArn": arn, "ClientRequestToken": token()}
    code, message = world.refused("StopPipelineExecution", **stop)
    assert (code, "is in status Succeeded" in message) == ("ValidationException", True)


@pytest.mark.parametrize(
    ("member", "value", "instead"),
    [
        ("PipelineVersionId", 1, "keeps only the latest definition"),
        ("SelectiveExecutionConfig", {"SelectedSteps": [{"StepName": "a"}]}, "CacheConfig"),
    ],
)
def test_what_an_execution_cannot_have_is_refused(
    world: World, member: str, value: Any, instead: str
) -> None:
    world.create(TEXT)
    request = {"PipelineName": "flow", "ClientRequestToken": token(), member: value}
    _, message = world.refused("StartPipelineExecution", **request)
    assert message.startswith(f"{member} is not supported by the local SageMaker")
    assert instead in message


def test_a_definition_that_could_not_run_is_refused_by_create_and_update(world: World) -> None:
    bad = definition(processing("a", Environment={"DS": get("Parameters.ds")}))
    code, message = world.refused("CreatePipeline", **creation("flow", bad))
    assert code == "ValidationException"
    assert "Steps[0] (a).Arguments.Environment.DS.Get: the pipeline has no parameter ds" in message
    world.create(TEXT)
    world.refused("UpdatePipeline", PipelineName="flow", PipelineDefinition=bad)
    assert world.call("DescribePipeline", PipelineName="flow")["PipelineDefinition"] == TEXT
