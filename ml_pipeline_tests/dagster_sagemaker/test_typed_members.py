from typing import Any

import pytest
from botocore.session import get_session

from dagster_sagemaker.typed_members import with_types

MODEL = get_session().get_service_model("sagemaker")


def typed(request: dict[str, Any]) -> dict[str, Any]:
    return with_types(MODEL, "CreateTrainingJob", request)


@pytest.mark.parametrize(
    ("member", "text", "value"),
    [
        ("InstanceCount", "2", 2),
        ("InstanceCount", " 2 ", 2),
        ("InstanceCount", "two", "two"),
        ("InstanceCount", 2, 2),
        ("InstanceType", "2", "2"),
        ("Unknown", "2", "2"),
    ],
)
def test_text_becomes_what_the_model_asks_for(member: str, text: Any, value: Any) -> None:
    assert typed({"ResourceConfig": {member: text}}) == {"ResourceConfig": {member: value}}


def test_switches_lists_and_maps_are_looked_into() -> None:
    groups = [{"InstanceCount": "3", "InstanceGroupName": "7"}]
    request = {
        "EnableManagedSpotTraining": "True",
        "ResourceConfig": {"InstanceGroups": groups},
        "HyperParameters": {"epochs": "5"},
    }
    assert typed(request) == {
        "EnableManagedSpotTraining": True,
        "ResourceConfig": {"InstanceGroups": [{"InstanceCount": 3, "InstanceGroupName": "7"}]},
        "HyperParameters": {"epochs": "5"},
    }
    assert groups[0]["InstanceCount"] == "3"
