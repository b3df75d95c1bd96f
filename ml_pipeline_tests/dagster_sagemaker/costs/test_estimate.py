from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from dagster_sagemaker.costs import PriceTable
from dagster_sagemaker.costs.estimate import cost_metadata, most_usd
from dagster_sagemaker.kinds import PROCESSING, TRAINING

PRICES = PriceTable("here", "2026-11-01", {"small": 1.0, "large": 4.0})
START = datetime(2026, 1, 1, tzinfo=timezone.utc)


def training(machine: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {"ResourceConfig": machine, **members}


@pytest.mark.parametrize(
    ("machine", "stopping", "usd"),
    [
        ({"InstanceType": "small", "InstanceCount": 1}, {"MaxRuntimeInSeconds": 1800}, 0.5),
        ({"InstanceType": "large", "InstanceCount": 3}, {"MaxRuntimeInSeconds": 3600}, 12.0),
        ({"InstanceType": "small", "InstanceCount": 1}, None, 24.0),
        (
            {"InstanceType": "small", "InstanceCount": 1, "KeepAlivePeriodInSeconds": 1800},
            {"MaxRuntimeInSeconds": 1800},
            1.0,
        ),
        (
            {
                "InstanceCount": 2,
                "InstancePreferences": [{"InstanceType": "small"}, {"InstanceType": "large"}],
            },
            {"MaxRuntimeInSeconds": 3600},
            8.0,
        ),
        (
            {
                "InstanceGroups": [
                    {"InstanceType": "small", "InstanceCount": 2, "InstanceGroupName": "a"},
                    {"InstanceType": "large", "InstanceCount": 1, "InstanceGroupName": "b"},
                ]
            },
            {"MaxRuntimeInSeconds": 3600},
            6.0,
        ),
        ({"InstanceType": "unheard", "InstanceCount": 1}, {"MaxRuntimeInSeconds": 3600}, None),
        (
            {"InstancePreferences": [{"InstanceType": "small"}, {"InstanceType": "unheard"}]},
            {"MaxRuntimeInSeconds": 3600},
            None,
        ),
        ({}, {"MaxRuntimeInSeconds": 3600}, None),
    ],
)
def test_the_most_that_a_job_can_cost(
    machine: dict[str, Any], stopping: dict[str, int] | None, usd: float | None
) -> None:
    request = training(machine, **({"StoppingCondition": stopping} if stopping else {}))
    assert most_usd(TRAINING, request, PRICES) == usd
    assert most_usd(TRAINING, request, None) is None


def test_a_processing_job_costs_its_own_time() -> None:
    description = {
        "ProcessingResources": {"ClusterConfig": {"InstanceType": "large", "InstanceCount": 2}},
        "ProcessingStartTime": START,
        "ProcessingEndTime": START + timedelta(seconds=900),
    }
    assert cost_metadata(PROCESSING, description, PRICES) == {
        "cost_usd": 2.0,
        "cost_basis": "8 USD an hour (here, on demand, 2026-11-01), estimated",
    }
    assert cost_metadata(PROCESSING, description, None) == {}
    assert cost_metadata(PROCESSING, {**description, "ProcessingEndTime": None}, PRICES) == {}


def test_a_spot_job_costs_what_is_billed_and_tells_what_it_saved() -> None:
    machine = {"InstanceType": "small", "InstanceCount": 2, "SelectedInstanceType": "large"}
    description = training(
        machine,
        EnableManagedSpotTraining=True,
        TrainingTimeInSeconds=1800,
        BillableTimeInSeconds=450,
    )
    facts = cost_metadata(TRAINING, description, PRICES)
    assert (facts["cost_usd"], facts["spot_saving_usd"]) == (1.0, 3.0)


def test_a_job_that_never_had_an_instance_costs_nothing_known() -> None:
    description = training({"InstanceType": "small", "InstanceCount": 1})
    assert cost_metadata(TRAINING, description, PRICES) == {}
    description["BillableTimeInSeconds"] = 0
    assert cost_metadata(TRAINING, description, PRICES)["cost_usd"] == 0.0
