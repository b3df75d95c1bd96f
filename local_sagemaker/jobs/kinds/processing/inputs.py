"""What a processing job's request says of its inputs."""

import os
from collections.abc import Mapping
from typing import Any

from local_sagemaker.jobs.data.inputs import Input
from local_sagemaker.jobs.reasons import ClientFault

PIPE_VARIABLE = "ML_PIPELINE_LOCAL_PROCESSING_PIPE"
"""What the pipes of a processing input are called, before ``_0``, ``_1`` and so on: SageMaker's
documentation does not say. ``{local_path}`` and ``{input_name}`` stand for the input's."""

_PIPE = "{local_path}"


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


def _pipe_path(name: str, local_path: str) -> str:
    template = os.environ.get(PIPE_VARIABLE, _PIPE)
    try:
        return template.format(local_path=local_path.rstrip("/"), input_name=name)
    except (KeyError, IndexError, ValueError) as error:
        raise ClientFault(
            f"{PIPE_VARIABLE} is {template!r}: only {{local_path}} and {{input_name}} may be in it"
        ) from error
