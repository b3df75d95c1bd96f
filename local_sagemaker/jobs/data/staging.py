"""Bringing a job's inputs from the object store into its container's files."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from local_sagemaker.jobs.data.inputs import Input
from local_sagemaker.jobs.data.named_pipes import NamedPipe
from local_sagemaker.jobs.data.sources import (
    Source,
    download_fault,
    find_sources,
    share,
)
from local_sagemaker.jobs.data.streams import Stream, find_records
from local_sagemaker.jobs.reasons import ClientFault
from local_sagemaker.jobs.stopping import StopRequest
from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.store import ObjectStore


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

    def stage(self, source: Input, directories: Sequence[Path]) -> None:
        """Copy one input into directories, which are made.

        Args:
            source: The input.
            directories: On the host; one for each instance that gets the input, or its share.

        Raises:
            ClientFault: Objects are missing, or have names that no file can have.
            JobStoppedError: A stop was asked for.
        """
        for directory in directories:
            _make_directory(source, directory)
        try:
            # Looked for once, so that all instances get the same.
            found = find_sources(self._objects, source, self._role, self._region)
            found.sort(key=lambda one: one.key)
            for index, directory in enumerate(directories):
                for one in share(found, source, index, len(directories)):
                    self._stop.check()
                    self._copy(one, directory)
        except S3Error as error:
            raise download_fault(source, error) from error

    def pipes(self, source: Input, paths: Sequence[Path]) -> list[NamedPipe]:
        """Get one input in Pipe mode ready to be streamed.

        Args:
            source: The input.
            paths: What the names of the pipes begin with; one for each instance that gets the
                input, or its share.

        Raises:
            ClientFault: Objects are missing.
        """
        records = find_records(self._objects, source, self._role, self._region)
        for path in paths:
            _make_directory(source, path.parent)
        return [
            NamedPipe(path, Stream(self._objects, source, records, index, len(paths)).epoch)
            for index, path in enumerate(paths)
        ]

    def _copy(self, source: Source, directory: Path) -> None:
        relative = PurePosixPath(source.relative.lstrip("/"))
        if ".." in relative.parts or not relative.parts:
            raise ClientFault(
                f"{source.uri} cannot be a file below the input's LocalPath; rename the key"
            )
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
                f"Data download failed: {source.uri} could not be written as {relative}: "
                f"{said}{advice}"
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
