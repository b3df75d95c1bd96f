"""Bringing what a job produced into the object store."""

import os
from collections.abc import Iterator
from pathlib import Path

from local_sagemaker.jobs.data.s3_uri import split_uri
from local_sagemaker.jobs.reasons import ClientFault
from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.store import ObjectStore


class Uploader:
    """Copies files into the object store.

    Args:
        objects: The object store.
    """

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    def check(self, uri: str, member: str) -> None:
        """Find out before a job runs that it could not keep its results.

        Args:
            uri: Where they shall go.
            member: The request's member that says so, for the error.

        Raises:
            ClientFault: There is no such bucket, or the URI is none.
        """
        bucket, _ = split_uri(uri, member)
        if not self._objects.bucket_exists(bucket):
            raise ClientFault(
                f"{member}: the bucket of {uri} does not exist; create it or change {member}"
            )

    def tree(self, directory: Path, uri: str, member: str) -> None:
        """Upload every regular file below a directory; links are not followed.

        Args:
            directory: On the host, without links above it.
            uri: Relative paths are appended to it.
            member: The request's member it comes from, for the error.

        Raises:
            ClientFault: The directory is gone, or the object store refused.
        """
        try:
            files = list(_files(directory))
        except OSError as error:
            raise ClientFault(f"{member}: what is to go to {uri}: {error}") from error
        for path in files:
            self.file(path, f"{uri.rstrip('/')}/{path.relative_to(directory).as_posix()}", member)

    def file(self, path: Path, uri: str, member: str) -> None:
        """Upload one file under a URI of its own; errors as in ``tree``."""
        bucket, key = split_uri(uri, member)
        try:
            self._objects.put_file(bucket, key, path)
        except (S3Error, OSError, UnicodeError) as error:
            raise ClientFault(f"{member}: upload to {uri} failed: {error}") from error


def _files(directory: Path) -> Iterator[Path]:
    if directory.resolve() != directory:
        return  # The script made a link of it, or of what is above it.
    for folder, folders, names in os.walk(directory, onerror=_raise):
        folders.sort()
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                yield path


def _raise(error: OSError) -> None:
    raise error
