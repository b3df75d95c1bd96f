"""Arguments and properties of job steps, held against SageMaker's own model of its operations."""

from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from local_sagemaker.api.service_models import service_model
from local_sagemaker.kinds import JobKind
from local_sagemaker.pipelines.definition.expressions import function_of
from local_sagemaker.pipelines.definition.paths import Part
from local_sagemaker.pipelines.definition.places import (
    array,
    listed,
    only,
    shown,
    structure,
    wrong,
)

_SCALARS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
}


def check_arguments(kind: JobKind, arguments: Mapping[str, Any], place: str) -> None:
    """Refuse arguments that no create call of a kind of job could take.

    What is an expression is left alone, and so is what the call itself will check: patterns,
    maxima, and what the job can do with it.

    Raises:
        ServiceError: It names the place.
    """
    shape = service_model("sagemaker").operation_model(kind.operation("Create")).input_shape
    # The name is made by the service, and the role is the pipeline's where it is not here.
    given = {kind.member("Name"): "", "RoleArn": "", **arguments}
    if shape is not None:
        _check(shape, given, place)


def _check(shape: Shape, value: Any, place: str) -> None:
    if function_of(value) is not None:
        return
    if isinstance(shape, StructureShape):
        _check_structure(shape, structure(value, place), place)
    elif isinstance(shape, ListShape):
        for number, item in enumerate(array(value, place)):
            _check(shape.member, item, f"{place}[{number}]")
    elif isinstance(shape, MapShape):
        for name, item in structure(value, place).items():
            _check(shape.value, item, f"{place}.{name}")
    else:
        types = _SCALARS.get(shape.type_name, (object,))
        mistaken = isinstance(value, bool) and bool not in types and object not in types
        if mistaken or not isinstance(value, types):
            text = f"it must be a {shape.type_name} or an expression, and is {shown(value)}"
            raise wrong(place, text)


def _check_structure(shape: StructureShape, value: Mapping[str, Any], place: str) -> None:
    only(value, shape.members, place)
    for name in shape.required_members:
        if value.get(name) is None:
            raise wrong(place, f"{name} is missing")
    for name, item in value.items():
        if item is not None:
            _check(shape.members[name], item, f"{place}.{name}")


def check_property(kind: JobKind, path: tuple[Part, ...], place: str) -> None:
    """Refuse a property that Describe of a kind of job never has.

    Raises:
        ServiceError: It names the place, and the members that there are.
    """
    shape: Shape | None
    shape = service_model("sagemaker").operation_model(kind.operation("Describe")).output_shape
    for part in path:
        if isinstance(shape, StructureShape):
            if part not in shape.members:
                text = f"{kind} steps have no property {part!r} there; it is one of "
                raise wrong(place, text + listed(shape.members))
            shape = shape.members[str(part)]
        elif isinstance(shape, ListShape):
            shape = shape.member
        elif isinstance(shape, MapShape):
            shape = shape.value
        else:
            raise wrong(place, f"there is no property {part!r}, as what it would be of is a value")
