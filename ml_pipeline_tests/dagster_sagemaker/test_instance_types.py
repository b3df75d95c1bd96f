from typing import Any

import pytest
from botocore.model import ServiceModel
from botocore.session import get_session

from dagster_sagemaker import InvalidRequestError
from dagster_sagemaker.instance_types import types_left, with_instance_types
from dagster_sagemaker.kinds import TRAINING

TYPES = ("ml.g5.xlarge", "ml.m5.xlarge")


def model(preferences: bool) -> ServiceModel:
    """SageMaker's model, before or after it got ``InstancePreferences``."""
    description = get_session().get_service_model("sagemaker")._service_description  # type: ignore[attr-defined]
    shapes = {**description["shapes"]}
    resources = shapes["ResourceConfig"]
    members = {k: v for k, v in resources["members"].items() if k != "InstancePreferences"}
    if preferences:
        members["InstancePreferences"] = {"shape": "Preferences"}
        shapes["Preferences"] = {"type": "list", "member": {"shape": "Preference"}}
        shapes["Preference"] = {"type": "structure", "members": {}}
    shapes["ResourceConfig"] = {**resources, "members": members}
    return ServiceModel({**description, "shapes": shapes}, "sagemaker")


def asked_for(request: dict[str, Any], types: tuple[str, ...], *, preferences: bool) -> Any:
    resources = {"InstanceType": "ml.m4.xlarge", "InstanceCount": 2}
    request = {"ResourceConfig": resources, **request}
    return with_instance_types(model(preferences), TRAINING, request, types)["ResourceConfig"]


def test_the_service_chooses_where_it_can() -> None:
    assert asked_for({}, TYPES, preferences=True) == {
        "InstanceCount": 2,
        "InstancePreferences": [{"InstanceType": one} for one in TYPES],
    }


@pytest.mark.parametrize(
    ("request_", "types", "preferences"),
    [
        ({}, TYPES, False),
        ({"EnableManagedSpotTraining": True}, TYPES, True),
        ({}, TYPES[:1], True),
        ({}, (*TYPES, "c", "d", "e", "f"), True),
    ],
)
def test_elsewhere_the_first_is_asked_for(
    request_: dict[str, Any], types: tuple[str, ...], preferences: bool
) -> None:
    found = asked_for(request_, types, preferences=preferences)
    assert found == {"InstanceType": "ml.g5.xlarge", "InstanceCount": 2}


def test_without_types_nothing_changes() -> None:
    assert asked_for({}, (), preferences=True)["InstanceType"] == "ml.m4.xlarge"


def test_preferences_come_with_a_count_where_the_request_has_none() -> None:
    found = asked_for({"ResourceConfig": {"VolumeSizeInGB": 1}}, TYPES, preferences=True)
    assert found["InstanceCount"] == 1


@pytest.mark.parametrize(
    ("refusal", "left"),
    [
        ("limit 'b for training job usage' is 0", ("a", "bb")),
        ("limit 'bb for training job usage' is 0", ("a", "b")),
        ("CapacityError: Unable", ("b", "bb")),
    ],
)
def test_the_type_that_lacks_quota_is_left_out_else_the_first(
    refusal: str, left: tuple[str, ...]
) -> None:
    assert types_left(("a", "b", "bb"), refusal) == left


def test_groups_choose_for_themselves() -> None:
    request: dict[str, Any] = {"ResourceConfig": {"InstanceGroups": []}}
    with pytest.raises(InvalidRequestError, match="InstanceGroups: cannot be had"):
        asked_for(request, TYPES, preferences=True)


@pytest.mark.parametrize(
    ("tag", "types", "named"),
    [
        ("2.10-gpu-py313", TYPES, r"for GPUs, and ml\.m5\.xlarge has none"),
        ("2.10-cpu-py313", TYPES, r"for CPUs, and would leave the GPUs of ml\.g5\.xlarge idle"),
        ("2.10-cpu-py313", ("ml.trn1.2xlarge",), "the TRAINIUMs of ml.trn1.2xlarge idle"),
    ],
)
def test_types_that_the_image_is_not_for_are_refused(
    tag: str, types: tuple[str, ...], named: str
) -> None:
    request = {"AlgorithmSpecification": {"TrainingImage": f"pytorch-training:{tag}"}}
    with pytest.raises(InvalidRequestError, match=named) as caught:
        asked_for(request, types, preferences=True)
    assert [problem.partition(":")[0] for problem in caught.value.problems] == ["instance_types"]


@pytest.mark.parametrize(
    ("tag", "types"),
    [
        # One image of XGBoost runs on both.
        ("3.2-0", TYPES),
        ("2.10-gpu-py313", ("ml.g5.xlarge", "ml.p3.2xlarge")),
        ("1.4-2-cpu-py3", ("ml.m5.xlarge", "ml.c5.xlarge")),
    ],
)
def test_types_of_one_kind_are_taken(tag: str, types: tuple[str, ...]) -> None:
    request = {"AlgorithmSpecification": {"TrainingImage": f"image:{tag}"}}
    found = asked_for(request, types, preferences=True)
    assert [one["InstanceType"] for one in found["InstancePreferences"]] == list(types)
