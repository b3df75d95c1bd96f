import copy

import pytest

from dagster_sagemaker import InvalidRequestError
from dagster_sagemaker.render import render

VALUES = {"ds": "2013-01-02", "ds_nodash": "20130102", "job_name": "job-1", "partition_key": None}


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


def test_every_wrong_placeholder_is_named_with_its_place() -> None:
    request = {
        "A": [{"B": "{{ dss }}"}],
        "C": "{{ macros.ds_add(ds, 1) }}",
        "D": "{{ partition_key }}",
    }
    with pytest.raises(InvalidRequestError) as caught:
        render(request, VALUES)
    first, second, third = caught.value.problems
    assert first.startswith("A[0].B: unknown placeholder {{ dss }}; known are ds, ")
    assert second.startswith("C: unknown placeholder {{ macros.ds_add(ds, 1) }}")
    assert third == "D: {{ partition_key }} has no value here: the run has no partition"
    assert caught.value.allow_retries is False


def test_a_value_is_not_rendered_again() -> None:
    assert render({"A": "{{ ds }}"}, {"ds": "{{ ds }}"}) == {"A": "{{ ds }}"}


def test_json_in_a_string_is_left_alone() -> None:
    text = '{"a": {"b": {"c": 1}}}'
    assert render({"A": text}, VALUES) == {"A": text}
