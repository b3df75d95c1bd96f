"""Several instance types that will do, in order of preference."""

from collections.abc import Mapping, Sequence
from typing import Any

from botocore.model import ServiceModel, StructureShape

from dagster_sagemaker.errors import InvalidRequestError
from dagster_sagemaker.images.processors import wrong_processor
from dagster_sagemaker.kinds import JobKind
from dagster_sagemaker.request import deep_merge

_MOST_PREFERENCES = 5

# Each of these says itself which types it takes.
_EXCLUDED = ("InstanceGroups", "InstancePlacementConfig", "InstancePreferences")


def with_instance_types(
    model: ServiceModel, kind: JobKind, request: Mapping[str, Any], types: Sequence[str]
) -> dict[str, Any]:
    """A request that asks for the first of the types that is to be had, as far as it can.

    The service chooses by itself where its model has ``InstancePreferences``. Elsewhere, and for a
    spot job, the first type is asked for, and the caller goes on with the next one.

    Args:
        model: Service model of SageMaker, as in ``client.meta.service_model``.
        kind: Processing or training.
        request: The complete request.
        types: Instance types, best first; none leaves the request as it is.

    Raises:
        InvalidRequestError: The request chooses its instances in another way, or its image does not
            suit all types.
    """
    if not types:
        return dict(request)
    path = ".".join(kind.resources)
    taken = [name for name in _EXCLUDED if name in kind.machine(request)]
    if taken:
        problems = [f"{path}.{name}: cannot be had with instance_types" for name in taken]
        raise InvalidRequestError("The request", problems)
    _check_processors(kind.image_uri(request), types)
    machine: dict[str, Any] = {"InstanceType": types[0]}
    if _service_chooses(model, kind, request, types):
        preferences = [{"InstanceType": one} for one in types]
        count = kind.machine(request).get("InstanceCount", 1)  # they go with no default of it
        machine = {
            "InstanceType": None,
            "InstanceCount": count,
            "InstancePreferences": preferences,
        }
    for member in reversed(kind.resources):
        machine = {member: machine}
    return deep_merge(request, machine)


def service_chose(kind: JobKind, description: Mapping[str, Any]) -> bool:
    """Whether the service chose among the types itself, so that none of them is left to try."""
    return "InstancePreferences" in kind.machine(description)


def types_left(types: Sequence[str], refusal: str) -> tuple[str, ...]:
    """The types to go on with after one was refused, best first.

    Args:
        types: Those that were asked for.
        refusal: The service's words. It wants quota for each type that it may choose, and names the
            one that lacks it; where none is named, the first was asked for.
    """
    lacking = next((one for one in types if f"'{one} for " in refusal), types[0])
    return tuple(one for one in types if one != lacking)


def without_instance_type(kind: JobKind, request: Mapping[str, Any]) -> dict[str, Any]:
    """The request without the one type that it names."""
    removal: dict[str, Any] = {"InstanceType": None}
    for member in reversed(kind.resources):
        removal = {member: removal}
    return deep_merge(request, removal)


def _check_processors(image_uri: str | None, types: Sequence[str]) -> None:
    """Refuse types that the image is not for: the job would end well or badly by chance."""
    found = [wrong_processor(image_uri, one) for one in types] if image_uri else []
    problems = [f"instance_types: {problem}" for problem in found if problem]
    if problems:
        raise InvalidRequestError("The request", problems)


def _service_chooses(
    model: ServiceModel, kind: JobKind, request: Mapping[str, Any], types: Sequence[str]
) -> bool:
    shape: Any = model.operation_model(kind.operation).input_shape
    for member in kind.resources:
        shape = shape.members[member]
    return (
        isinstance(shape, StructureShape)
        and "InstancePreferences" in shape.members
        and 1 < len(types) <= _MOST_PREFERENCES
        and not request.get("EnableManagedSpotTraining")
    )
