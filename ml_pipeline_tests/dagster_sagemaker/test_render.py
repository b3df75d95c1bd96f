import copy
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from dagster_sagemaker import InvalidRequestError
from dagster_sagemaker.identity import StepIdentity
from dagster_sagemaker.render import render
from dagster_sagemaker.template_values import template_values

START = datetime(2013, 1, 2, tzinfo=timezone.utc)
DAY = StepIdentity(
    work=("dataset",),
    partition="2013-01-02",
    ds="2013-01-02",
    run_id="run-2",
    root_run_id="run-1",
    interval=(START, START + timedelta(days=1)),
)
VALUES = template_values(DAY, {"n": 2, "name": "x"}, "job-1")


def rendered(text: str, values: dict[str, Any] = VALUES) -> Any:
    return render({"A": text}, values)["A"]


def problem(text: str, values: dict[str, Any] = VALUES) -> str:
    with pytest.raises(InvalidRequestError) as caught:
        render({"A": [{"B": text}]}, values)
    (only,) = caught.value.problems
    assert caught.value.allow_retries is False
    return only


def test_every_string_is_rendered_and_nothing_else_changes() -> None:
    request = {
        "A": "s3://b/ds={{ ds }}/{{job_name}}",
        "B": [{"C": "{{  ds_nodash  }}"}, 3, True, None],
        "D": ("x", "{{ ds }}"),
    }
    before = copy.deepcopy(request)
    assert render(request, VALUES) == {
        "A": "s3://b/ds=2013-01-02/job-1",
        "B": [{"C": "20130102"}, 3, True, None],
        "D": ["x", "2013-01-02"],
    }
    assert request == before


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ ts }}", "2013-01-02T00:00:00+00:00"),
        ("{{ ts_nodash }}", "20130102T000000"),
        ("{{ logical_date.year }}", "2013"),
        ("{{ data_interval_start }}", "2013-01-02 00:00:00+00:00"),
        ("{{ data_interval_end | ds }}", "2013-01-03"),
        ("{{ data_interval_end | ds_nodash }}", "20130103"),
        ("{{ data_interval_end | ts }}", "2013-01-03T00:00:00+00:00"),
        ("{{ data_interval_end | ts_nodash }}", "20130103T000000"),
        ("{{ data_interval_end | ts_nodash_with_tz }}", "20130103T000000+0000"),
        ("{{ run_id }}", "run-2"),
        ("{{ params.name }}/{{ params['n'] }}", "x/2"),
        ("{{ macros.ds_add(ds, -2) }}", "2012-12-31"),
        ('{{ macros.ds_format(ds, "%Y-%m-%d", "%Y/%m") }}', "2013/01"),
        ("{{ (logical_date - macros.timedelta(days=1)) | ds }}", "2013-01-01"),
        ("{{ macros.datetime(2013, 5, 1) | ds }}", "2013-05-01"),
        ("{{ partition_start }}..{{ partition_end }}", "2013-01-02..2013-01-02"),
        ("{% if params.n > 1 %}many{% else %}one{% endif %}", "many"),
        ("my-training-job-{ { ds } }", "my-training-job-2013-01-02"),
        ("{{ params.other | default('none') }}", "none"),
        ("{{ ds }}\n", "2013-01-02\n"),
    ],
)
def test_templates_are_those_of_airflow(template: str, text: str) -> None:
    assert rendered(template) == text


def test_every_wrong_placeholder_is_named_with_its_place() -> None:
    request = {"A": [{"B": "{{ dss }}"}], "C": "{{ ti.xcom_pull() | default('x') }}"}
    with pytest.raises(InvalidRequestError) as caught:
        render(request, VALUES)
    first, second = caught.value.problems
    assert first.startswith("A[0].B: unknown placeholder {{ dss }}; known are data_interval_end, ")
    assert second.startswith("C: unknown placeholder {{ ti }}; known are ")


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("{{ params.m }}", "A[0].B: 'dict object' has no attribute 'm'"),
        ("{{ ds", "A[0].B: unexpected end of template"),
        ("{{ ds | nope }}", "A[0].B: No filter named 'nope'."),
        ("{{ macros.ds_add('today', 1) }}", "A[0].B: ValueError: time data 'today'"),
        ("{{ macros.ds_add.__globals__ }}", "A[0].B: access to attribute '__globals__'"),
    ],
)
def test_a_template_that_fails_is_named_with_its_place(template: str, says: str) -> None:
    assert problem(template).startswith(says)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("ds", "the run is not of one daily (or other time) partition"),
        ("ts", "the run is not of one daily (or other time) partition"),
        ("data_interval_end", "the run's partitions are not days (or other times)"),
        ("partition_key", "the run has no partition"),
        ("partition_end", "the run has no partition"),
        ("job_name", "it cannot be part of itself"),
    ],
)
def test_what_has_no_value_says_why(name: str, why: str) -> None:
    step = StepIdentity(("dataset",), None, None, "run", "run")
    values = template_values(step, {}, None)
    assert (
        problem(f"{{{{ {name} }}}}", values) == f"A[0].B: {{{{ {name} }}}} has no value here: {why}"
    )
    assert rendered(f"{{{{ {name} is defined }}}}", values) == "False"


def test_a_value_is_not_rendered_again() -> None:
    assert rendered("{{ ds }}", {"ds": "{{ ds }}"}) == "{{ ds }}"


@pytest.mark.parametrize(
    "text", ['{"a": {"b": {"c": 1}}}', '{"a": {"b": {"c": 1} } }', "a\r\nb\n", "x{2,3}"]
)
def test_a_string_without_templates_is_left_alone(text: str) -> None:
    assert rendered(text) == text
