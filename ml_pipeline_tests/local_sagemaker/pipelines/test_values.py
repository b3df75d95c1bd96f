"""Conditions, paths, durations and parameters, each with values."""

from typing import Any

import pytest

from local_sagemaker.pipelines.definition.conditions import NotComparableError, hold
from local_sagemaker.pipelines.definition.durations import seconds
from local_sagemaker.pipelines.definition.parameters import read_parameters, values_of
from local_sagemaker.pipelines.definition.paths import parse_path, pick
from local_sagemaker.pipelines.definition.retries import RetryPolicy
from local_sagemaker.service_errors import ServiceError
from ml_pipeline_tests.local_sagemaker.pipelines.definitions import equals, parameter


def compare(of_type: str, left: Any, right: Any) -> dict[str, Any]:
    return {"Type": of_type, "LeftValue": left, "RightValue": right}


YES, NO = equals(1, 1), equals(1, 2)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (equals("a", "a"), True),
        (equals(1, 1.0), True),
        (equals(True, False), False),
        (compare("GreaterThan", 2, 1.5), True),
        (compare("GreaterThanOrEqualTo", 2, 2), True),
        (compare("LessThan", 2, 2), False),
        (compare("LessThanOrEqualTo", "a", "b"), True),
        ({"Type": "In", "QueryValue": "a", "Values": ["b", "a"]}, True),
        ({"Type": "In", "QueryValue": 1, "Values": [True, "1"]}, False),
        ({"Type": "Not", "Expression": NO}, True),
        ({"Type": "Not", "Condition": YES}, False),
        ({"Type": "Or", "Conditions": [NO, YES]}, True),
        ({"Type": "Or", "Conditions": []}, False),
    ],
)
def test_conditions(condition: dict[str, Any], holds: bool) -> None:
    assert hold([condition]) is holds
    assert hold([YES, condition]) is holds
    assert not hold([NO, condition])


@pytest.mark.parametrize(
    ("of_type", "left", "right"),
    [("Equals", 1, "1"), ("LessThan", True, False), ("GreaterThan", [1], [0])],
)
def test_values_that_cannot_be_compared_are_named(of_type: str, left: Any, right: Any) -> None:
    with pytest.raises(NotComparableError, match=f"{of_type} cannot compare"):
        hold([compare(of_type, left, right)])


DOCUMENT = {
    "a": {"b c": [{"d": 1}, {"d": 2}]},
    "Outputs": [{"OutputName": "train", "S3Uri": "s3://x"}],
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("a['b c'][1].d", 2),
        ('$.a["b c"][0].d', 1),
        ("Outputs['train'].S3Uri", "s3://x"),
        ("Outputs[0].OutputName", "train"),
    ],
)
def test_paths(path: str, found: Any) -> None:
    assert pick(DOCUMENT, parse_path(path)) == found


@pytest.mark.parametrize("path", ["a.x", "a['b c'][2]", "Outputs['test']", "a['b c'][0].d.e"])
def test_paths_to_nothing(path: str) -> None:
    with pytest.raises(LookupError):
        pick(DOCUMENT, parse_path(path))


@pytest.mark.parametrize(
    ("text", "expected"),
    [("p30d", 2592000), ("P4DT12H", 388800), ("T12H", 43200), ("PT1M30S", 90), ("P1W", 604800)],
)
def test_durations(text: str, expected: int) -> None:
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "P", "12", "P0D", "1 day"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="no ISO 8601 duration"):
        seconds(text)


PARAMETERS = read_parameters(
    [
        parameter("ds"),
        parameter("rate", "Float", DefaultValue=1),
        parameter("hosts", "Integer", DefaultValue=0),
        parameter("fast", "Boolean", DefaultValue=False),
        parameter("size", DefaultValue="small", EnumValues=["small", "large"]),
    ],
    "Parameters",
)


def given(**values: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in values.items()]


def test_parameters_are_read_by_their_type() -> None:
    asked = given(ds="1", rate="0.5", hosts="2", fast="True", size="large")
    found = values_of(PARAMETERS, asked)
    assert found == {"ds": "1", "rate": 0.5, "hosts": 2, "fast": True, "size": "large"}
    defaults = values_of(PARAMETERS, given(ds="1"))
    assert defaults == {"ds": "1", "rate": 1, "hosts": 0, "fast": False, "size": "small"}


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({}, "need a value: ds"),
        ({"ds": "1", "dss": "1"}, "no parameter dss; it has ds, fast,"),
        ({"ds": "1", "hosts": "1.5"}, "hosts is no Integer: '1.5'"),
        ({"ds": "1", "fast": "yes"}, "fast is no Boolean"),
        ({"ds": "1", "size": "tiny"}, "size must be one of small, large"),
    ],
)
def test_values_that_parameters_cannot_have(asked: dict[str, str], said: str) -> None:
    with pytest.raises(ServiceError) as caught:
        values_of(PARAMETERS, given(**asked))
    assert said in caught.value.message


def test_a_retry_policy_backs_off_until_its_end() -> None:
    by_number = RetryPolicy(frozenset(), 2.0, 3.0, 2, None)
    assert [by_number.delay(retries, 0.0) for retries in range(3)] == [2.0, 6.0, None]
    by_time = RetryPolicy(frozenset(), 10.0, 1.0, None, 60.0)
    assert by_time.delay(30, 50.0) == 10.0
    assert by_time.delay(1, 51.0) is None
