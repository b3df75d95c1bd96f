"""Noticing that the hosts of a job wrote over each other's outputs, as far as S3 can tell."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from dagster_sagemaker.kinds import JobKind
from dagster_sagemaker.result import S3Output
from dagster_sagemaker.s3_uri import parse_s3_uri

_SPARK = "smspark-submit"
_HOST_NAME = re.compile(r"algo-\d")
# What tells the parts of one data set apart: a number, or a random name.
_PART = re.compile(r"[0-9a-f-]{8,}|\d+")


def same_keys_warning(
    kind: JobKind, description: Mapping[str, Any], outputs: Mapping[str, S3Output]
) -> str | None:
    """What looks wrong about the outputs of a processing job of several instances, if it does.

    A script that knows nothing of other hosts does the same work on each and gives its files the
    same names, of which S3 keeps the last. Then no output has a part from every host: as many
    objects as there are hosts whose names differ in a number, or one that is named after a host.

    Args:
        kind: Processing or training; a training job's model is one archive of all hosts.
        description: The service's description of the job.
        outputs: What it left.
    """
    count = kind.instance_count(description)
    if kind.name != "processing" or count < 2 or _is_spark(description):
        return None
    names = [_names(output) for output in outputs.values()]
    parts = max((_parts(one) for one in names), default=0)
    if not 0 < parts < count or any(_HOST_NAME.search(name) for one in names for name in one):
        return None
    return (
        f"{count} instances, and no output has {count} parts: either one instance writes for all, "
        "or each wrote the same keys and S3 kept the last one's. On several instances a script "
        "takes its share of the work (an input with distribution='ShardedByS3Key', for one) and "
        "names its files after its host (current_host in /opt/ml/config/resourceconfig.json)"
    )


def _is_spark(description: Mapping[str, Any]) -> bool:
    """Whether Spark shares the work out."""
    entrypoint = description.get("AppSpecification", {}).get("ContainerEntrypoint", [])
    return _SPARK in entrypoint


def _names(output: S3Output) -> list[str]:
    prefix = parse_s3_uri(output.uri).key
    return [one.key.removeprefix(prefix) for one in output.objects]


def _parts(names: list[str]) -> int:
    """The most objects whose names are alike but for a number."""
    return max(Counter(_PART.sub("#", name) for name in names).values(), default=0)
