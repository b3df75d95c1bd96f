"""Numbers and switches that a request holds as text, because a template can give nothing else."""

from collections.abc import Callable, Mapping
from typing import Any

from botocore.model import ListShape, MapShape, ServiceModel, Shape, StructureShape

_SWITCHES = {"true": True, "false": False}

_FROM_TEXT: Mapping[str, Callable[[str], Any]] = {
    "integer": int,
    "long": int,
    "float": float,
    "double": float,
    "boolean": lambda text: _SWITCHES[text.lower()],
}


def with_types(model: ServiceModel, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the request with text turned into what the service's model asks for.

    What is no such text stays as it is: ``check_request`` says what is wrong with it.

    Args:
        model: Service model of SageMaker, as in ``client.meta.service_model``.
        operation: Such as ``CreateProcessingJob``.
        request: The rendered request.
    """
    shape = model.operation_model(operation).input_shape
    return dict(request) if shape is None else dict(_typed(shape, request))


def _typed(shape: Shape, value: Any) -> Any:
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        return {
            name: _typed(shape.members[name], item) if name in shape.members else item
            for name, item in value.items()
        }
    if isinstance(shape, ListShape) and isinstance(value, (list, tuple)):
        return [_typed(shape.member, item) for item in value]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {name: _typed(shape.value, item) for name, item in value.items()}
    if isinstance(value, str) and shape.type_name in _FROM_TEXT:
        return _parsed(shape.type_name, value.strip())
    return value


def _parsed(type_name: str, text: str) -> Any:
    try:
        return _FROM_TEXT[type_name](text)
    except (ValueError, KeyError):
        return text
