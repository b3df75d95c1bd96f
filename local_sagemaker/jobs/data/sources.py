"""Finding the objects of an input."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from local_sagemaker.jobs.data.inputs import Input
from local_sagemaker.jobs.data.s3_uri import split_uri
from local_sagemaker.jobs.reasons import ClientFault, no_objects
from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.store import ObjectStore

_One = TypeVar("_One")


@dataclass(frozen=True)
class Source:
    """An object of an input.

    Args:
        bucket: Where it is.
        key: Its key.
        relative: What it is called below the input's directory.
    """

    bucket: str
    key: str
    relative: str

    @property
    def uri(self) -> str:
        """Its URI."""
        return f"s3://{self.bucket}/{self.key}"


def find_sources(objects: ObjectStore, source: Input, role: str, region: str) -> list[Source]:
    """Find the objects that an input with ``S3Prefix`` or ``ManifestFile`` means.

    Args:
        objects: Where they are.
        source: The input.
        role: The request's role, for the real service's words about missing objects.
        region: The region, likewise.

    Returns:
        By key, or as the manifest has them.

    Raises:
        ClientFault: There are none.
        S3Error: The manifest cannot be read.
    """
    bucket, key = split_uri(source.uri, f'input "{source.name}"')
    if source.data_type == "ManifestFile":
        return _listed(objects, source, bucket, key)
    if not objects.bucket_exists(bucket):
        raise no_objects(source.uri, bucket, role, region, source.name)
    found = list(objects.list(bucket, key))
    if not found:
        raise no_objects(source.uri, bucket, role, region, source.name)
    return [
        Source(bucket, info.key, relative_name(info.key, key))
        for info in found
        if not (info.key.endswith("/") and info.size == 0)
    ]


def share(
    found: Sequence[_One], source: Input, index: int, count: int, epoch: int = 0
) -> Sequence[_One]:
    """What one instance gets of an input, in the order in which it gets it.

    Args:
        found: All there is.
        source: The input, which says whether it is sharded and shuffled.
        index: Which instance this is for, from zero.
        count: How many instances get something.
        epoch: How often it was read before; every time is shuffled anew.
    """
    order = list(found)
    if source.seed is not None:
        Random(f"{source.seed} {epoch}").shuffle(order)  # noqa: S311 - not for secrets
    return order[index::count] if source.sharded else order


def relative_name(key: str, prefix: str) -> str:
    """The name below ``LocalPath`` of a key found under a *string* prefix.

    The real service keeps the last path component of the prefix whole: ``data/train`` matching
    ``data/train-data.csv`` gives ``train-data.csv``.
    """
    rest = key[len(prefix) :]
    if not rest:
        return key.rpartition("/")[2]
    if not prefix or prefix.endswith("/"):
        return rest
    if rest.startswith("/"):
        return rest[1:]
    return key[prefix.rfind("/") + 1 :]


def download_fault(source: Input, error: S3Error) -> ClientFault:
    """The fault of an input whose objects cannot be read."""
    return ClientFault(f'Data download failed for input "{source.name}" ({source.uri}): {error}')


def _listed(objects: ObjectStore, source: Input, bucket: str, key: str) -> list[Source]:
    try:
        prefix, *names = json.loads(objects.read_bytes(bucket, key))
        base = _manifest_prefix(prefix)
        if not all(isinstance(name, str) for name in names):
            raise TypeError
    except (ValueError, TypeError) as error:
        raise ClientFault(
            f'The manifest of input "{source.name}", {source.uri}, must be a JSON list: '
            '[{"prefix": "s3://bucket/prefix/"}, "relative/key", ...]'
        ) from error
    listed_bucket, listed_prefix = split_uri(base, f"prefix in the manifest {source.uri}")
    return [Source(listed_bucket, listed_prefix + name, name) for name in names]


def _manifest_prefix(head: Any) -> str:
    if not isinstance(head, dict) or not isinstance(head.get("prefix"), str):
        raise TypeError
    return str(head["prefix"])
