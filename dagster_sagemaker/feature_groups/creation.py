"""Feature groups that are there, made if they are not."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dagster as dg
from botocore.exceptions import ClientError

from dagster_sagemaker.errors import InvalidRequestError
from dagster_sagemaker.feature_groups.feature_group import FeatureGroup
from dagster_sagemaker.interrupts import pause
from dagster_sagemaker.refusals import explain_refusal
from dagster_sagemaker.transient import error_code

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

_POLL_SECONDS = 2.0


def ensure_group(
    sagemaker: "SageMakerClient", group: FeatureGroup, types: Mapping[str, str]
) -> tuple[dict[str, Any], bool]:
    """The group as Describe has it once it takes records, and whether it was made now.

    Args:
        sagemaker: Where it is.
        group: What it is to be if it is not there.
        types: The type of each feature that it must have, by name.

    Raises:
        InvalidRequestError: It is there, and lacks a feature or has it with another type.
        dagster.Failure: It could not be made; says why.
    """
    made = False
    with explain_refusal(
        f"look for or create the feature group {group.name}",
        "the credentials in use, the region, and the role and bucket of the offline store",
    ):
        described = _describe(sagemaker, group)
        if described is None:
            made = _create(sagemaker, group, types)
            described = _describe(sagemaker, group)
        while described is None or described.get("FeatureGroupStatus") == "Creating":
            pause(_POLL_SECONDS)
            described = _describe(sagemaker, group)
    status = described.get("FeatureGroupStatus")
    if status != "Created":
        reason = described.get("FailureReason", "no reason was given")
        raise dg.Failure(f"The feature group {group.name} is {status}: {reason}")
    _check(described, group, types)
    return described, made


def _describe(sagemaker: "SageMakerClient", group: FeatureGroup) -> dict[str, Any] | None:
    """All of Describe's pages as one; None if there is no such group."""
    request: dict[str, Any] = {"FeatureGroupName": group.name}
    definitions: list[Any] = []
    while True:
        try:
            page: dict[str, Any] = dict(sagemaker.describe_feature_group(**request))
        except ClientError as error:
            if error_code(error) == "ResourceNotFound":
                return None
            raise
        definitions += page["FeatureDefinitions"]
        if not page.get("NextToken"):
            return {**page, "FeatureDefinitions": definitions}
        request["NextToken"] = page["NextToken"]


def _create(sagemaker: "SageMakerClient", group: FeatureGroup, types: Mapping[str, str]) -> bool:
    """Ask for the group; whether it was not somebody else who did so just now."""
    try:
        sagemaker.create_feature_group(**group.request(types))
    except ClientError as error:
        if error_code(error) == "ResourceInUse":
            return False
        raise
    return True


def _check(described: Mapping[str, Any], group: FeatureGroup, types: Mapping[str, str]) -> None:
    there = {one["FeatureName"]: one["FeatureType"] for one in described["FeatureDefinitions"]}
    problems = [
        f"{name}: it is {there[name]} in the group, and {kind} in the data frame"
        if name in there
        else f"{name}: the group lacks it; add it with UpdateFeatureGroup, or drop the column"
        for name, kind in types.items()
        if there.get(name) != kind
    ]
    roles = {"RecordIdentifierFeatureName": group.record_identifier}
    roles["EventTimeFeatureName"] = group.event_time
    problems += [
        f"{name}: the group has {described[role]} as its {role}"
        for role, name in roles.items()
        if described[role] != name
    ]
    if problems:
        raise InvalidRequestError(f"The data frame for feature group {group.name}", problems)
