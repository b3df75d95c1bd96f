"""What a training job's request says of its channels."""

from collections.abc import Mapping
from typing import Any

from local_sagemaker.jobs.data.inputs import Input
from local_sagemaker.jobs.reasons import ClientFault

CHANNELS = "/opt/ml/input/data"
"""Where a container finds them."""


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
        f"{CHANNELS}/{one['ChannelName']}",
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
