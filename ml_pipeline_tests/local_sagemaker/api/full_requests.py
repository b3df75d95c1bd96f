"""Requests that have every member of the service's model that is not refused here."""

import re
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from local_sagemaker.api.service_models import service_model
from local_sagemaker.kinds import JobKind

_ARN = "arn:aws:sagemaker:us-east-1:000000000000:"
_TEXTS = (
    "name-{number}",
    "Word{number}",
    "7",
    "s3://bucket/prefix/",
    "arn:aws:iam::000000000000:role/test",
    "arn:aws:lambda:us-east-1:000000000000:function:login",
    f"{_ARN}training-plan/{'p' * 20}",
)
"""Tried one after the other until the member's constraints hold."""

_CHOSEN = {
    "LocalPath": "/opt/ml/processing/{number}",
    "S3DataType": "S3Prefix",
    "TrainingInputMode": "File",
    "S3InputMode": "File",
    "InputMode": "File",
}
"""For members of these names: what goes together with all else."""


class Filler:
    """Makes values that the model allows, all different where they are names."""

    def __init__(self, kind: JobKind) -> None:
        self._limits = {limit.path: limit.only for limit in kind.rules().refused}
        self._number = 0

    def fill(self, shape: Shape, path: str = "") -> Any:
        """A value with everything that a shape can have, less what is refused here."""
        only = self._limits.get(path)
        if only:
            return only[0]
        if isinstance(shape, StructureShape):
            inner = ((name, self._join(path, name), one) for name, one in shape.members.items())
            return {
                name: self._chosen(name) or self.fill(one, place)
                for name, place, one in inner
                if self._limits.get(place) != ()
            }
        if isinstance(shape, ListShape):
            return [self.fill(shape.member, f"{path}[]")]
        if isinstance(shape, MapShape):
            return {self._text(shape.key): self._text(shape.value)}
        return self._scalar(shape)

    def _chosen(self, name: str) -> str | None:
        self._number += 1
        text = _CHOSEN.get(name)
        return text and text.format(number=self._number)

    def _scalar(self, shape: Shape) -> Any:
        if shape.type_name == "boolean":
            return False
        if shape.type_name in {"integer", "long"}:
            return max(1, shape.metadata.get("min", 1))
        return self._text(shape)

    def _text(self, shape: Shape) -> str:
        if getattr(shape, "enum", None):
            return str(shape.enum[0])  # type: ignore[attr-defined]
        self._number += 1
        low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 10_000)
        pattern = re.sub(r"\\p\{\w+\}", "a-zA-Z0-9", shape.metadata.get("pattern", ".*"))
        pattern = pattern.replace(r"\uD800\uDC00-\uDBFF\uDFFF", "")
        for value in (text.format(number=self._number) for text in _TEXTS):
            if low <= len(value) <= high and re.fullmatch(pattern, value):
                return value
        raise AssertionError(f"no value fits {shape.name}: {shape.metadata}")

    @staticmethod
    def _join(path: str, name: str) -> str:
        return f"{path}.{name}" if path else name


def full_request(kind: JobKind, name: str) -> dict[str, Any]:
    """A create call with every member that is not refused here."""
    shape = service_model("sagemaker").operation_model(kind.operation("Create")).input_shape
    assert shape is not None
    request: dict[str, Any] = Filler(kind).fill(shape)
    return {**request, kind.member("Name"): name}
