"""What a request says of a job's inputs."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local_sagemaker.jobs.reasons import ClientFault

PIPE_VARIABLE = "ML_PIPELINE_LOCAL_PROCESSING_PIPE"
"""What the pipes of a processing input are called, before ``_0``, ``_1`` and so on: SageMaker's
documentation does not say. ``{local_path}`` and ``{input_name}`` stand for the input's."""

_PIPE = "{local_path}"
_CHANNELS = "/opt/ml/input/data"


@dataclass(frozen=True)
class Input:
    """One input of a processing job, or one channel of a training job.

    Args:
        name: The input's or the channel's.
        uri: A prefix, or a manifest's URI.
        data_type: ``S3Prefix``, ``ManifestFile`` or ``AugmentedManifestFile``.
        path: The directory in the container that receives the objects; in Pipe mode, what the names
            of the pipes begin with.
        sharded: Whether every instance gets a share of the objects instead of all.
        pipe: Whether the objects are streamed, instead of being copied beforehand.
        gzip: Whether to decompress what is streamed.
        record_io: Whether to wrap every object that is streamed in a RecordIO record.
        seed: What determines the order of the objects, if they are to be shuffled.
        attributes: What to stream of each line of an augmented manifest.
        groups: The instance groups that get it; all if there are none.
    """

    name: str
    uri: str
    data_type: str
    path: str
    sharded: bool = False
    pipe: bool = False
    gzip: bool = False
    record_io: bool = False
    seed: int | None = None
    attributes: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()


def processing_input(one: Mapping[str, Any]) -> Input:
    """Read one of ``ProcessingInputs``.

    Raises:
        ClientFault: It asks for something that does not exist, here or at all.
    """
    what = f'ProcessingInputs "{one["InputName"]}"'
    source = one.get("S3Input")
    if source is None or "LocalPath" not in source:
        raise ClientFault(f"{what}: S3Input with a LocalPath is required here")
    pipe = source.get("S3InputMode") == "Pipe"
    path = _pipe_path(one["InputName"], source["LocalPath"]) if pipe else source["LocalPath"]
    found = Input(
        one["InputName"],
        source["S3Uri"],
        source.get("S3DataType", "S3Prefix"),
        path,
        sharded=source.get("S3DataDistributionType") == "ShardedByS3Key",
        pipe=pipe,
        gzip=source.get("S3CompressionType") == "Gzip",
    )
    if found.gzip and not found.pipe:
        raise ClientFault(f"{what}: S3CompressionType must be None in File mode")
    return found


def channel(one: Mapping[str, Any], default_mode: str) -> Input:
    """Read one of ``InputDataConfig``.

    Args:
        one: The channel.
        default_mode: ``TrainingInputMode``.

    Raises:
        ClientFault: It asks for something that does not exist, here or at all.
    """
    what = f'channel "{one["ChannelName"]}"'
    source = one["DataSource"].get("S3DataSource")
    if source is None:
        raise ClientFault(f"{what}: S3DataSource is required here")
    found = Input(
        one["ChannelName"],
        source["S3Uri"],
        source["S3DataType"],
        f"{_CHANNELS}/{one['ChannelName']}",
        sharded=source.get("S3DataDistributionType") == "ShardedByS3Key",
        # FastFile is File whose bytes come later: a copy made beforehand serves it.
        pipe=one.get("InputMode", default_mode) == "Pipe",
        gzip=one.get("CompressionType") == "Gzip",
        record_io=one.get("RecordWrapperType") == "RecordIO",
        seed=one.get("ShuffleConfig", {}).get("Seed"),
        attributes=tuple(source.get("AttributeNames", [])),
        groups=tuple(source.get("InstanceGroupNames", [])),
    )
    _check_channel(what, found)
    return found


def _pipe_path(name: str, local_path: str) -> str:
    template = os.environ.get(PIPE_VARIABLE, _PIPE)
    try:
        return template.format(local_path=local_path.rstrip("/"), input_name=name)
    except (KeyError, IndexError, ValueError) as error:
        raise ClientFault(
            f"{PIPE_VARIABLE} is {template!r}: only {{local_path}} and {{input_name}} may be in it"
        ) from error


def _check_channel(what: str, found: Input) -> None:
    augmented = found.data_type == "AugmentedManifestFile"
    if not augmented and found.data_type not in ("S3Prefix", "ManifestFile"):
        raise ClientFault(f"{what}: S3DataType {found.data_type} is not supported here")
    if not found.pipe:
        if found.gzip:
            raise ClientFault(f"{what}: CompressionType must be None in File mode")
        if found.record_io:
            raise ClientFault(f"{what}: RecordWrapperType must be None in File mode")
        if augmented:
            raise ClientFault(f"{what}: AugmentedManifestFile needs InputMode Pipe")
    if augmented and not found.attributes:
        raise ClientFault(f"{what}: AugmentedManifestFile needs AttributeNames")
    if found.attributes and not augmented:
        raise ClientFault(f"{what}: AttributeNames belong to S3DataType AugmentedManifestFile")
