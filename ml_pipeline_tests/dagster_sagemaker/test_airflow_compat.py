from typing import Any

import pytest

from dagster_sagemaker import InvalidRequestError, JobRequest, Polling, airflow_compat


@pytest.mark.parametrize(
    ("arguments", "keywords"),
    [
        ({}, {}),
        ({"config": {"A": 1}}, {"request": JobRequest({"A": 1}, pipes=False)}),
        ({"max_ingestion_time": 60}, {"max_wait_seconds": 60}),
        ({"max_attempts": 3}, {"max_wait_seconds": 90}),
        (
            {"max_attempts": 3, "check_interval": 5, "max_ingestion_time": 60},
            {
                "max_wait_seconds": 15,
                "polling": Polling(initial_seconds=5, steps=(), fraction=0, cap_seconds=5),
            },
        ),
        ({"max_wait_seconds": 7, "max_ingestion_time": None}, {"max_wait_seconds": 7}),
        ({"print_log": False}, {"print_log": False}),
        ({"wait_for_completion": False}, {"wait_for_completion": False}),
        ({"action_if_job_exists": "fail"}, {"action_if_job_exists": "fail"}),
        ({"deferrable": False}, {}),
        ({"deferrable": True}, {"wait_for_completion": False}),
    ],
)
def test_arguments_become_keywords(arguments: dict[str, Any], keywords: dict[str, Any]) -> None:
    assert airflow_compat(**arguments) == keywords


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("check_intervall", 30, "is unknown; did you mean check_interval?"),
        ("xyz", 30, "is unknown; known are action_if_job_exists, aws_conn_id, "),
        ("retries", 3, "set retry_policy=dg.RetryPolicy(max_retries=...) on the asset"),
        ("check_if_job_exists", False, "drop it: a name that is taken is always noticed"),
        ("output_files_to_xcom", [], "have the job write report.json"),
        ("aws_conn_id", "aws_prod", "give the client a SageMakerConnection"),
        ("max_attempts", 0, "0 is no number above 0"),
    ],
)
def test_what_cannot_be_had_is_refused_with_what_to_do(
    name: str, value: object, problem: str
) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        airflow_compat(config={}, **{name: value})
    (only,) = caught.value.problems
    assert only.startswith(f"{name}: ")
    assert problem in only
