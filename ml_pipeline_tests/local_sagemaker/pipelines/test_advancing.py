"""What an execution does when its jobs end one way or another."""

import json
import time

import pytest

from local_sagemaker.kinds import PROCESSING
from local_sagemaker.pipelines.definition.retries import CAPACITY_ERROR, THROTTLING
from local_sagemaker.service_errors import ServiceError
from ml_pipeline_tests.local_sagemaker.pipelines.conftest import World
from ml_pipeline_tests.local_sagemaker.pipelines.definitions import (
    channel,
    condition,
    definition,
    equals,
    fail,
    get,
    join,
    outputs,
    parameter,
    processing,
    token,
    training,
)

EXECUTION_TAG = "sagemaker:pipeline-execution-arn"


def test_independent_steps_run_at_the_same_time_and_others_wait(world: World) -> None:
    world.create(
        definition(
            processing("left"),
            processing("right"),
            training("both", DependsOn=["left", "right"]),
        )
    )
    arn = world.start()
    assert world.statuses(arn) == {"left": "Executing", "right": "Executing"}
    world.end(arn, "right")
    assert "both" not in world.statuses(arn)
    world.end(arn, "left")
    assert world.statuses(arn)["both"] == "Executing"
    world.end(arn, "both")
    assert set(world.statuses(arn).values()) == {"Succeeded"}
    assert world.status(arn) == "Succeeded"


def test_a_job_has_the_services_name_the_tags_and_the_role(world: World) -> None:
    step = processing("Clean_the-Data-of-last-week", Tags=[{"Key": "owner", "Value": "me"}])
    del step["Arguments"]["RoleArn"]
    world.create(definition(step), Tags=[{"Key": "team", "Value": "flights"}])
    arn = world.start()
    job = world.job(arn, "Clean_the-Data-of-last-week")
    identity = arn.rpartition("/")[2]
    assert job.name.startswith(f"pipelines-{identity}-Clean-the-Data-of-la-")
    assert job.request["RoleArn"].endswith(":role/test")
    assert world.jobs.tags(job.arn) == {"team": "flights", "owner": "me", EXECUTION_TAG: arn}


def test_expressions_get_parameters_properties_and_variables(world: World) -> None:
    prefix = join("s3://bucket", get("Parameters.ds"), get("Execution.PipelineExecutionId"), on="/")
    world.create(
        definition(
            processing("clean", ProcessingOutputConfig=outputs(train=prefix)),
            training(
                "fit",
                HyperParameters={"rate": join(get("Parameters.rate"))},
                InputDataConfig=[
                    channel(
                        "train",
                        get("Steps.clean.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri"),
                    )
                ],
                ResourceConfig={
                    "InstanceCount": get("Parameters.hosts"),
                    "InstanceType": "ml.m5.large",
                    "VolumeSizeInGB": 1,
                },
            ),
            parameters=(
                parameter("ds"),
                parameter("rate", "Float", DefaultValue=0.5),
                parameter("hosts", "Integer", DefaultValue=1),
            ),
        )
    )
    arn = world.start({"ds": "2013-02-01", "hosts": "2"})
    world.put_json(f"s3://bucket/2013-02-01/{arn.rpartition('/')[2]}/train.json", "{}")
    world.end(arn, "clean")
    request = world.job(arn, "fit").request
    assert request["HyperParameters"] == {"rate": "0.5"}
    assert request["ResourceConfig"]["InstanceCount"] == 2
    uri = request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3Uri"]
    assert uri == f"s3://bucket/2013-02-01/{arn.rpartition('/')[2]}"


SCORE = {
    "Std:JsonGet": {
        "PropertyFile": get("Steps.score.PropertyFiles.report"),
        "Path": "metrics['auc'].values[1]",
    }
}


@pytest.mark.parametrize(
    ("auc", "taken", "status"), [(0.9, "publish", "Executing"), (0.5, "refuse", "Failed")]
)
def test_a_condition_decides_by_a_property_file(
    world: World, auc: float, taken: str, status: str
) -> None:
    good = {"Type": "GreaterThan", "LeftValue": SCORE, "RightValue": get("Parameters.least")}
    message = join("auc ", SCORE, " is too low")
    world.create(
        definition(
            processing(
                "score",
                ProcessingOutputConfig=outputs(report="s3://bucket/out"),
                PropertyFiles=[
                    {
                        "PropertyFileName": "report",
                        "OutputName": "report",
                        "FilePath": "deep/report.json",
                    }
                ],
            ),
            condition("good", [good], [processing("publish")], [fail("refuse", message)]),
            processing("after", DependsOn=["publish"]),
            parameters=(parameter("least", "Float", DefaultValue=0.7),),
        )
    )
    world.put_json(
        "s3://bucket/out/deep/report.json", json.dumps({"metrics": {"auc": {"values": [0, auc]}}})
    )
    arn = world.start()
    world.end(arn, "score")
    assert set(world.statuses(arn)) == {"score", "good", taken}
    assert world.status(arn) == status
    if taken == "refuse":
        reason = world.call("DescribePipelineExecution", PipelineExecutionArn=arn)["FailureReason"]
        assert reason == ("Step failure: One or multiple steps failed. refuse: auc 0.5 is too low")
    else:
        world.end(arn, "publish")
        world.end(arn, "after")
        assert world.status(arn) == "Succeeded"


def test_an_untaken_branch_leaves_what_depends_on_it_out(world: World) -> None:
    world.create(
        definition(
            condition("never", [equals(1, 2)], [processing("a")], []),
            processing("after-a", DependsOn=["a"]),
        )
    )
    arn = world.start()
    assert world.statuses(arn) == {"never": "Succeeded"}
    assert world.status(arn) == "Succeeded"


def test_a_missing_property_file_fails_the_step_that_reads_it(world: World) -> None:
    file = {"PropertyFileName": "report", "OutputName": "report", "FilePath": "report.json"}
    world.create(
        definition(
            processing(
                "score",
                ProcessingOutputConfig=outputs(report="s3://bucket/out"),
                PropertyFiles=[file],
            ),
            condition("good", [equals(SCORE, 1)], [], []),
        )
    )
    world.objects.create_bucket("bucket")
    arn = world.start()
    world.end(arn, "score")
    assert "s3://bucket/out/report.json" in world.steps(arn)["good"].details["FailureReason"]
    assert world.status(arn) == "Failed"


def test_a_failure_lets_running_steps_end_and_starts_no_others(world: World) -> None:
    world.create(
        definition(processing("bad"), processing("slow"), processing("later", DependsOn=["slow"]))
    )
    arn = world.start()
    world.end(arn, "bad", "Failed", FailureReason="AlgorithmError: no, exit code: 1")
    assert world.status(arn) == "Executing"
    world.end(arn, "slow")
    assert world.statuses(arn) == {"bad": "Failed", "slow": "Succeeded"}
    found = world.call("DescribePipelineExecution", PipelineExecutionArn=arn)
    assert found["FailureReason"].endswith("bad: AlgorithmError: no, exit code: 1")
    (newest, oldest) = world.call("ListPipelineExecutionSteps", PipelineExecutionArn=arn)[
        "PipelineExecutionSteps"
    ]
    assert (newest["StepName"], oldest["StepName"]) == ("slow", "bad")
    assert oldest["FailureReason"] == "AlgorithmError: no, exit code: 1"
    assert oldest["Metadata"]["ProcessingJob"]["Arn"] == world.job(arn, "bad").arn


def test_a_job_that_is_refused_fails_its_step_with_the_services_words(world: World) -> None:
    bad = processing("bad", Environment={"SCRIPT": get("Parameters.number")})
    world.create(definition(bad, parameters=(parameter("number", "Integer"),)))
    arn = world.start({"number": "1"})
    reason = world.steps(arn)["bad"].details["FailureReason"]
    assert reason.startswith("ClientError: Failed to invoke sagemaker:CreateProcessingJob.")
    assert world.status(arn) == "Failed"


def test_a_limit_of_parallel_steps_is_kept(world: World) -> None:
    world.create(definition(*(processing(name) for name in "abc")))
    arn = world.start(ParallelismConfiguration={"MaxParallelExecutionSteps": 2})
    assert set(world.statuses(arn)) == {"a", "b"}
    world.end(arn, "a")
    assert world.statuses(arn)["c"] == "Executing"


def policy(exception: str, **members: object) -> dict[str, object]:
    return {"ExceptionType": [exception], "IntervalSeconds": 0, "BackoffRate": 1.0, **members}


def test_a_failed_job_is_retried_as_the_policy_of_its_exception_says(world: World) -> None:
    policies = [policy(THROTTLING, MaxAttempts=9), policy(CAPACITY_ERROR, MaxAttempts=1)]
    world.create(definition(processing("fit", RetryPolicies=policies)))
    arn = world.start()
    first = world.job(arn, "fit").name
    world.end(arn, "fit", "Failed", FailureReason="CapacityError: none left")
    assert world.status(arn) == "Executing"
    world.advance(arn)
    assert world.job(arn, "fit").name != first
    shown = world.call("ListPipelineExecutionSteps", PipelineExecutionArn=arn)
    assert shown["PipelineExecutionSteps"][0]["AttemptCount"] == 2
    world.end(arn, "fit", "Failed", FailureReason="CapacityError: none left")
    assert world.statuses(arn) == {"fit": "Failed"}


def test_a_retry_waits_and_says_when_it_is_due(world: World) -> None:
    policies = [policy(CAPACITY_ERROR, MaxAttempts=3, IntervalSeconds=600)]
    world.create(definition(processing("fit", RetryPolicies=policies)))
    arn = world.start()
    job = world.job(arn, "fit")
    world.jobs.update(
        PROCESSING, job.name, ProcessingJobStatus="Failed", FailureReason="CapacityError: none"
    )
    due = world.advance(arn)
    assert due is not None
    assert due - time.time() > 500
    world.call("StopPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken=token())
    world.advance(arn)
    assert world.statuses(arn) == {"fit": "Stopped"}
    assert world.status(arn) == "Stopped"


def test_a_users_own_error_is_not_retried(world: World) -> None:
    policies = [policy(CAPACITY_ERROR, MaxAttempts=3)]
    world.create(definition(processing("fit", RetryPolicies=policies)))
    arn = world.start()
    world.end(arn, "fit", "Failed", FailureReason="AlgorithmError: , exit code: 1")
    assert world.status(arn) == "Failed"


def test_a_throttled_create_is_retried_without_a_policy(world: World) -> None:
    world.create(definition(processing("fit")))
    world.strikes.append(ServiceError("ThrottlingException", "Rate exceeded"))
    arn = world.start()
    assert world.jobs.unfinished() == []
    assert world.steps(arn)["fit"].retry_at is not None


def test_the_result_of_an_equal_step_is_used_again(world: World) -> None:
    prefix = join("s3://bucket", get("Execution.PipelineExecutionId"), on="/")
    first = processing(
        "clean",
        ProcessingOutputConfig=outputs(train=prefix),
        Environment={"SCRIPT": get("Parameters.ds")},
        CacheConfig={"Enabled": True, "ExpireAfter": "PT1H"},
    )
    uri = get("Steps.clean.ProcessingOutputConfig.Outputs['train'].S3Output.S3Uri")
    second = training("fit", InputDataConfig=[channel("train", uri)])
    world.create(definition(first, second, parameters=(parameter("ds"),)))
    source = world.start({"ds": "1"})
    world.put_json(f"s3://bucket/{source.rpartition('/')[2]}/train.json", "{}")
    world.end(source, "clean")
    again, other = world.start({"ds": "1"}), world.start({"ds": "2"})
    assert world.statuses(again) == {"clean": "Succeeded", "fit": "Executing"}
    assert world.statuses(other) == {"clean": "Executing"}
    assert (
        world.job(again, "fit").request["InputDataConfig"]
        == (world.job(source, "fit").request["InputDataConfig"])
    )
    shown = world.call(
        "ListPipelineExecutionSteps", PipelineExecutionArn=again, SortOrder="Ascending"
    )["PipelineExecutionSteps"][0]
    assert shown["CacheHitResult"] == {"SourcePipelineExecutionArn": source}
    assert shown["Metadata"]["ProcessingJob"]["Arn"] == world.job(source, "clean").arn


def test_a_stop_stops_running_jobs_and_starts_no_others(world: World) -> None:
    world.create(definition(processing("a"), processing("b", DependsOn=["a"])))
    arn = world.start()
    world.call("StopPipelineExecution", PipelineExecutionArn=arn, ClientRequestToken=token())
    world.advance(arn)
    assert world.status(arn) == "Stopping"
    assert world.statuses(arn) == {"a": "Stopping"}
    assert world.job(arn, "a").status == "Stopping"
    world.end(arn, "a", "Stopped")
    assert world.statuses(arn) == {"a": "Stopped"}
    assert world.status(arn) == "Stopped"


def test_a_retry_runs_what_failed_and_keeps_what_succeeded(world: World) -> None:
    world.create(definition(processing("a"), processing("b", DependsOn=["a"])))
    arn = world.start()
    world.end(arn, "a")
    kept = world.job(arn, "a").name
    world.end(arn, "b", "Failed", FailureReason="AlgorithmError: , exit code: 1")
    failed = world.job(arn, "b").name
    retry = {"PipelineExecutionArn": arn, "ClientRequestToken": token()}
    world.call("RetryPipelineExecution", **retry)
    world.advance(arn)
    assert world.job(arn, "a").name == kept
    assert world.job(arn, "b").name != failed
    world.end(arn, "b")
    assert world.status(arn) == "Succeeded"
    # The answer to the same call again, and not another retry.
    assert world.call("RetryPipelineExecution", **retry) == {"PipelineExecutionArn": arn}
    assert world.status(arn) == "Succeeded"
    code, message = world.refused(
        "RetryPipelineExecution", **{**retry, "ClientRequestToken": token()}
    )
    assert (code, "Succeeded" in message) == ("ValidationException", True)


def test_a_job_that_was_stopped_by_others_fails_its_step(world: World) -> None:
    world.create(definition(processing("a")))
    arn = world.start()
    world.end(arn, "a", "Stopped")
    assert "was stopped" in world.steps(arn)["a"].details["FailureReason"]
    assert world.status(arn) == "Failed"


def test_a_deleted_job_fails_its_step(world: World) -> None:
    world.create(definition(processing("a")))
    arn = world.start()
    job = world.job(arn, "a")
    world.jobs.remove(PROCESSING, job.name, lambda _: None)
    world.advance(arn)
    assert job.name in world.steps(arn)["a"].details["FailureReason"]
