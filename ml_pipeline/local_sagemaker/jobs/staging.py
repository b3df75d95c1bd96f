"""Bringing a job's inputs from the object store into its container's files."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ml_pipeline.local_sagemaker.jobs.reasons import ClientFault, no_objects
from ml_pipeline.local_sagemaker.jobs.s3_uri import split_uri
from ml_pipeline.local_sagemaker.jobs.stopping import StopRequest
from ml_pipeline.local_sagemaker.s3.errors import S3Error
from ml_pipeline.local_sagemaker.s3.store import ObjectStore


@dataclass(frozen=True)
class Input:
    """One input of a processing job, or one channel of a training job.

    Args:
        name: The input's or the channel's.
        uri: A prefix, or a manifest's URI.
        data_type: ``S3Prefix`` or ``ManifestFile``.
        path: The directory in the container that receives the objects.
        sharded: Whether every instance gets a share of the objects instead of all.
    """

    name: str
    uri: str
    data_type: str
    path: str
    sharded: bool = False


@dataclass(frozen=True)
class _Source:
    bucket: str
    key: str
    relative: str


class Stager:
    """Copies inputs for the instances of one job.

    Args:
        objects: Where they come from.
        stop: Ends the copying between two objects.
        role: The request's role, for the real service's words about missing objects.
        region: The region, likewise.
    """

    def __init__(self, objects: ObjectStore, stop: StopRequest, role: str, region: str) -> None:
        self._objects = objects
        self._stop = stop
        self._role = role
        self._region = region

    def stage(self, source: Input, directory: Path, index: int = 0, count: int = 1) -> None:
        """Copy one input into a directory, which is made.

        Args:
            source: The input.
            directory: The directory on the host.
            index: Which instance this is for, from zero; matters to sharded inputs only.
            count: How many instances there are.

        Raises:
            ClientFault: Objects are missing, or have names that no file can have.
            JobStoppedError: A stop was asked for.
        """
        _make_directory(source, directory)
        try:
            found = sorted(self._sources(source), key=lambda object_: object_.key)
            for object_ in found[index::count] if source.sharded else found:
                self._stop.check()
                self._copy(object_, directory)
        except S3Error as error:
            raise ClientFault(
                f'Data download failed for input "{source.name}" ({source.uri}): {error}'
            ) from error

    def _sources(self, source: Input) -> Iterator[_Source]:
        bucket, key = split_uri(source.uri, f'input "{source.name}"')
        if source.data_type == "ManifestFile":
            yield from self._listed(source, bucket, key)
            return
        if not self._objects.bucket_exists(bucket):
            raise no_objects(source.uri, bucket, self._role, self._region, source.name)
        found = False
        for info in self._objects.list(bucket, key):
            found = True
            if not (info.key.endswith("/") and info.size == 0):
                yield _Source(bucket, info.key, relative_name(info.key, key))
        if not found:
            raise no_objects(source.uri, bucket, self._role, self._region, source.name)

    def _listed(self, source: Input, bucket: str, key: str) -> Iterator[_Source]:
        try:
            prefix, *names = json.loads(self._objects.read_bytes(bucket, key))
            base = _manifest_prefix(prefix)
            if not all(isinstance(name, str) for name in names):
                raise TypeError
        except (ValueError, TypeError) as error:
            raise ClientFault(
                f'The manifest of input "{source.name}", {source.uri}, must be a JSON list: '
                '[{"prefix": "s3://bucket/prefix/"}, "relative/key", ...]'
            ) from error
        listed_bucket, listed_prefix = split_uri(base, f"prefix in the manifest {source.uri}")
        for name in names:
            yield _Source(listed_bucket, listed_prefix + name, name)

    def _copy(self, source: _Source, directory: Path) -> None:
        uri = f"s3://{source.bucket}/{source.key}"
        relative = PurePosixPath(source.relative.lstrip("/"))
        if ".." in relative.parts or not relative.parts:
            raise ClientFault(f"{uri} cannot be a file below the input's LocalPath; rename the key")
        target = directory / relative
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            self._objects.copy_out(source.bucket, source.key, target)
        except (OSError, ValueError) as error:  # ValueError: a name with a null byte
            clash = isinstance(error, (FileExistsError, IsADirectoryError, NotADirectoryError))
            advice = (
                ". One name is needed as a file and as a directory: rename a key" if clash else ""
            )
            said = (error.strerror if isinstance(error, OSError) else None) or error
            raise ClientFault(
                f"Data download failed: {uri} could not be written as {relative}: {said}{advice}"
            ) from error


def _make_directory(source: Input, directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        said = (error.strerror if isinstance(error, OSError) else None) or error
        raise ClientFault(
            f'LocalPath {source.path!r} of input "{source.name}" cannot be a directory: {said}. '
            "Choose another one"
        ) from error


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


def _manifest_prefix(head: Any) -> str:
    if not isinstance(head, dict) or not isinstance(head.get("prefix"), str):
        raise TypeError
    return str(head["prefix"])
