"""Definitions that could not run are refused, and the message names the place."""

import json
from typing import Any

import pytest

from local_sagemaker.pipelines.definition.reading import read_definition
from local_sagemaker.service_errors import ServiceError
from ml_pipeline_tests.local_sagemaker.pipelines.definitions import (
    condition,
    definition,
    equals,
    fail,
    get,
    join,
    outputs,
    parameter,
    processing,
    training,
)


def refusal(text: str) -> str:
    with pytest.raises(ServiceError) as caught:
        read_definition(text)
    assert caught.value.code == "ValidationException"
    return caught.value.message


def of_type(name: str) -> dict[str, Any]:
    return {"Name": "a", "Type": name, "Arguments": {}}


def changed(**members: Any) -> str:
    return json.dumps({**json.loads(definition(processing("a"))), **members})


def in_environment(expression: Any) -> dict[str, Any]:
    return processing("b", Environment={"X": expression})


FILE = {"PropertyFileName": "f", "OutputName": "report", "FilePath": "f.json"}
EXIT_MESSAGE = get("Steps.a.ExitMessage")
JSON_GET = {"Std:JsonGet": {"PropertyFile": get("Steps.a.PropertyFiles.f"), "Path": "x"}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "it is not valid JSON"),
        ("[" * 100_000, "it is nested too deeply"),
        ('{"Steps": NaN}', "NaN is not JSON"),
        ("[]", "it must be an object"),
        (changed(Version="2019-01-01"), "Version: it must be '2020-12-01'"),
        (changed(Stepss=[]), "there is no such member"),
        (changed(MlflowConfig={"MlflowResourceArn": "x"}), "MlflowConfig: it is not supported"),
        (definition(), "Steps: there are none"),
        (definition({"Type": "Fail", "Arguments": {}}), "Steps[0]: Name is missing"),
        (definition(fail("a b", "x")), "Steps[0].Name: 'a b'"),
        (definition(processing("a"), training("a")), "Steps[1] (a): Steps[0] (a) has the same"),
        (definition({**processing("a"), "Dependson": []}), "Steps[0] (a).Dependson"),
        (definition(processing("a", DependsOn=["z"])), "DependsOn: the pipeline has no step z"),
        (definition(processing("a", DependsOn=["a"])), "none of these can run: a"),
        (
            definition(
                processing("a", DependsOn=["b"]), in_environment(get("Steps.a.ExitMessage"))
            ),
            "none of these can run: a, b",
        ),
        (
            definition(
                condition("c", [equals(get("Steps.a.Environment['X']"), 1)], [processing("a")], [])
            ),
            "none of these can run: c, a",
        ),
        (definition(training("a", Hyperparameters={})), "Arguments.Hyperparameters: there is no"),
        (
            definition(training("a", ResourceConfig={"InstanceCount": "1", "VolumeSizeInGB": 1})),
            "ResourceConfig.InstanceCount: it must be a integer or an expression, and is '1'",
        ),
        (
            definition(processing("a", AppSpecification={})),
            "Steps[0] (a).Arguments.AppSpecification: ImageUri is missing",
        ),
        (definition(in_environment(get("Parameters.x"))), "no parameter x; it has none"),
        (definition(in_environment(get("Execution.Now"))), "Execution.Now: there is no such"),
        (definition(in_environment(get("Else.x"))), "'Else.x' is not Parameters.<name>"),
        (definition(in_environment(get("Steps.a.b c"))), "is no path such as"),
        (definition(in_environment({"Std:Upper": "x"})), "no function Std:Upper"),
        (definition(in_environment({"Std:Join": {"On": 1, "Values": []}})), "Std:Join.On"),
        (
            definition(processing("a"), in_environment(join(get("Steps.a.ProcessingJobNam")))),
            "Values[0].Get: processing steps have no property 'ProcessingJobNam' there",
        ),
        (
            definition(processing("a"), in_environment(get("Steps.a.ProcessingJobName.x"))),
            "there is no property 'x'",
        ),
        (
            definition(processing("a"), in_environment(JSON_GET)),
            "no property file 'f'; it has none",
        ),
        (
            definition(
                processing(
                    "a", PropertyFiles=[FILE], ProcessingOutputConfig=outputs(train="s3://b/c")
                ),
                in_environment(JSON_GET),
            ),
            "Steps[0] (a).PropertyFiles: the step has no output 'report'",
        ),
        (definition(fail("a", "x"), in_environment(get("Steps.a.X"))), "is of type Fail, which"),
        (definition(condition("a", [{"Type": "Like"}], [], [])), "Conditions[0].Type: 'Like'"),
        (
            definition(condition("a", [{"Type": "Equals", "LeftValue": 1}], [], [])),
            "Conditions[0]: RightValue is missing",
        ),
        (
            definition(condition("a", [], [processing("b"), of_type("Lambda")], [])),
            "Arguments.IfSteps[1] (a).Type: a step of type Lambda is not supported",
        ),
        (
            definition(processing("a", CacheConfig={"Enabled": True, "ExpireAfter": "soon"})),
            "CacheConfig.ExpireAfter: 'soon' is no ISO 8601",
        ),
        (
            definition(
                processing("a", RetryPolicies=[{"ExceptionType": ["All"], "MaxAttempts": 1}])
            ),
            "RetryPolicies[0].ExceptionType: 'All' is none of",
        ),
        (
            definition(processing("a", RetryPolicies=[{"ExceptionType": ["Step.THROTTLING"]}])),
            "RetryPolicies[0]: it needs either MaxAttempts or ExpireAfterMin",
        ),
        (definition(fail("a", "x"), parameters=(parameter("p", "Text"),)), "Parameters[0].Type"),
        (
            definition(fail("a", "x"), parameters=(parameter("p", "Integer", DefaultValue=True),)),
            "Parameters[0].DefaultValue: True is no Integer",
        ),
        (
            definition(
                fail("a", "x"), parameters=(parameter("p", DefaultValue="c", EnumValues=["a"]),)
            ),
            "DefaultValue: 'c' is none of EnumValues",
        ),
        (
            definition(fail("a", "x"), parameters=(parameter("p"), parameter("p"))),
            "Parameters[1].Name: p is used twice",
        ),
    ],
)
def test_the_place_is_named(text: str, said: str) -> None:
    message = refusal(text)
    assert message.startswith("Invalid pipeline definition: ")
    assert said in message


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("Model", "ModelArtifacts.S3ModelArtifacts"),
        ("RegisterModel", "ModelArtifacts.S3ModelArtifacts"),
        ("Transform", "score in a Processing step"),
        ("Tuning", "a Training step for each"),
        ("QualityCheck", "branch with a Condition step"),
        ("EMR", "sagemaker-spark-processing"),
        ("Invented", "there are Condition, Fail, Processing, Training"),
    ],
)
def test_other_types_of_steps_are_refused_with_what_to_do_instead(name: str, instead: str) -> None:
    message = refusal(definition(of_type(name)))
    assert f"Steps[0] (a).Type: a step of type {name} is not supported" in message
    assert instead in message


def test_steps_come_behind_what_they_need() -> None:
    text = definition(
        training("c", DependsOn=["b"]),
        condition("b", [equals(get("Steps.a.ExitMessage"), "x")], [fail("d", "no")], []),
        processing("a"),
    )
    read = read_definition(text)
    assert list(read.steps) == ["a", "b", "c", "d"]
    assert read.needs["d"] == {"b"}
    assert (read.steps["d"].parent, read.steps["d"].branch) == ("b", True)
