"""What the service refuses in a request although its model allows it."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from dagster_sagemaker.images.processors import without_gpu

_Entries = list[tuple[str, Mapping[str, Any]]]

_PROCESSING = "/opt/ml/processing/"

# Where a request has its image, and where its instances.
_MACHINES = (
    (("AppSpecification", "ImageUri"), ("ProcessingResources", "ClusterConfig")),
    (("AlgorithmSpecification", "TrainingImage"), ("ResourceConfig",)),
)


def broken_rules(request: Mapping[str, Any]) -> Iterator[str]:
    """The rules that a request breaks, each with the path to the member."""
    inputs = list(_entries(request, "ProcessingInputs"))
    outputs = list(_entries(request, "ProcessingOutputConfig", "Outputs"))
    channels = list(_entries(request, "InputDataConfig"))
    yield from _twice(inputs, "InputName")
    yield from _twice(outputs, "OutputName")
    yield from _twice(channels, "ChannelName")
    # What AppManaged says of is the script's own affair.
    inputs = [one for one in inputs if not one[1].get("AppManaged")]
    outputs = [one for one in outputs if not one[1].get("AppManaged")]
    yield from _outside(inputs, "S3Input")
    yield from _outside(outputs, "S3Output")
    yield from _shared_paths(inputs)
    yield from _unpacked_files(inputs)
    yield from _without_gpus(request)


def _entries(request: Any, *path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Entries of a list and where they stand; what has another type the model's check names."""
    for member in path:
        request = request.get(member) if isinstance(request, Mapping) else None
    for index, entry in enumerate(request if isinstance(request, (list, tuple)) else ()):
        if isinstance(entry, Mapping):
            yield f"{'.'.join(path)}[{index}]", entry


def _member(entry: Mapping[str, Any], *path: str) -> str | None:
    value: Any = entry
    for member in path:
        value = value.get(member) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else None


def _twice(entries: _Entries, member: str) -> Iterator[str]:
    seen: dict[str, str] = {}
    for place, entry in entries:
        name = _member(entry, member)
        if name in seen:
            yield f"{place}.{member}: {name!r} is already taken by {seen[name]}"
        elif name is not None:
            seen[name] = place


def _outside(entries: _Entries, kind: str) -> Iterator[str]:
    for place, entry in entries:
        path = _member(entry, kind, "LocalPath")
        if path is None:
            continue
        if not path.startswith(_PROCESSING) or ".." in PurePosixPath(path).parts:
            yield f"{place}.{kind}.LocalPath: {path!r} must begin with {_PROCESSING}"


def _shared_paths(inputs: _Entries) -> Iterator[str]:
    """Inputs with one path: the service refuses them too, but with an empty message."""
    seen: dict[PurePosixPath, str] = {}
    for place, entry in inputs:
        path = _member(entry, "S3Input", "LocalPath")
        if path is None:
            continue
        taken = seen.setdefault(PurePosixPath(path), place)
        if taken != place:
            yield f"{place}.S3Input.LocalPath: {path!r} is already taken by {taken}"


def _unpacked_files(inputs: _Entries) -> Iterator[str]:
    for place, entry in inputs:
        packed = _member(entry, "S3Input", "S3CompressionType") == "Gzip"
        if packed and _member(entry, "S3Input", "S3InputMode") != "Pipe":
            yield f"{place}.S3Input.S3CompressionType: Gzip needs S3InputMode Pipe"


def _without_gpus(request: Mapping[str, Any]) -> Iterator[str]:
    """An image for GPUs on instances that have none, where it would fail once it had started."""
    for image_path, machine in _MACHINES:
        image = _member(request, *image_path)
        if image is None:
            continue
        place = ".".join(machine)
        asked = [(place, _member(request, *machine, "InstanceType"))]
        preferences = _entries(request, *machine, "InstancePreferences")
        asked += [(one, _member(entry, "InstanceType")) for one, entry in preferences]
        for where, instance_type in asked:
            if instance_type and (problem := without_gpu(image, instance_type)):
                yield f"{where}.InstanceType: {problem}"
        # One group of instances may prepare on CPUs what another one trains on.
        groups = _entries(request, *machine, "InstanceGroups")
        types = [_member(entry, "InstanceType") for _, entry in groups]
        problems = [without_gpu(image, one) for one in types if one]
        if problems and all(problems):
            yield f"{place}.InstanceGroups: {problems[0]}"
