"""Requests as steps of a pipeline definition."""

from typing import Any

import pytest

from dagster_sagemaker import InvalidRequestError, pipeline_step

DS = {"Get": "Parameters.ds"}


def test_templates_become_expressions() -> None:
    request: dict[str, Any] = {
        "ProcessingJobName": "clean-{{ ds }}",
        "RoleArn": "arn:aws:iam::000000000000:role/jobs",
        "AppSpecification": {"ContainerArguments": ["--ds={{ ds }}", "{{ ds }}", "--fast"]},
        "Out": "s3://bucket/{{ ds }}/{{job_name}}",
        "Count": 2,
    }
    assert pipeline_step("clean", "processing", request, {"ds": DS}, ["land"]) == {
        "Name": "clean",
        "Type": "Processing",
        "DependsOn": ["land"],
        "Arguments": {
            "RoleArn": "arn:aws:iam::000000000000:role/jobs",
            "AppSpecification": {
                "ContainerArguments": [
                    {"Std:Join": {"On": "", "Values": ["--ds=", DS]}},
                    DS,
                    "--fast",
                ]
            },
            "Out": {
                "Std:Join": {
                    "On": "",
                    "Values": ["s3://bucket/", DS, "/", {"Get": "Execution.ProcessingJobName"}],
                }
            },
            "Count": 2,
        },
    }


def test_the_job_name_is_that_of_the_kind() -> None:
    step = pipeline_step("fit", "training", {"Out": "{{ job_name }}"}, {})
    assert step["Arguments"] == {"Out": {"Get": "Execution.TrainingJobName"}}
    assert "DependsOn" not in step


@pytest.mark.parametrize("template", ["{{ day }}", "{{ ds | upper }}"])
def test_what_a_pipeline_does_not_know_is_named(template: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        pipeline_step("a", "training", {"X": {"Y": [template]}}, {"ds": DS})
    assert caught.value.problems == (
        f"X.Y[0]: a pipeline knows no {template}; known are ds, job_name",
    )
