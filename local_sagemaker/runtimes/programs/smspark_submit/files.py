"""The files that an application needs, on this machine or in S3."""

import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from .reporting import SubmitError


class Files:
    """The files that an application needs beside itself.

    Args:
        directory: Takes those that are fetched from S3.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def expand(self, value: str) -> "list[str]":
        """The files of a comma-separated list, in which a directory stands for all files in it.

        Raises:
            SubmitError: One is not there, or a directory is empty.
        """
        found = []
        for item in value.split(","):
            if in_s3(item):
                found.append(self.fetch(item))
            elif urlsplit(item).scheme not in ("", "file"):
                found.append(item)
            else:
                found += self._local(Path(urlsplit(item).path))
        return found

    def fetch(self, uri: str) -> str:
        """Copy an object here.

        Raises:
            SubmitError: It cannot be read.
        """
        parts = urlsplit(uri)
        key = parts.path.lstrip("/")
        self._directory.mkdir(exist_ok=True)
        place = tempfile.mkdtemp(dir=self._directory)
        target = str(Path(place, Path(key).name))
        try:
            _s3().download_file(parts.netloc, key, target)
        except Exception as error:
            raise SubmitError(f"{uri} cannot be read: {error}") from error
        return target

    def upload(self, directory: Path, uri: str) -> None:
        """Copy the files of a directory to a prefix.

        Raises:
            SubmitError: They cannot be written.
        """
        parts = urlsplit(uri)
        prefix = parts.path.strip("/")
        try:
            for path in sorted(directory.iterdir()):
                _s3().upload_file(str(path), parts.netloc, f"{prefix}/{path.name}".lstrip("/"))
        except Exception as error:
            raise SubmitError(f"{uri} cannot be written: {error}") from error

    def _local(self, path: Path) -> "list[str]":
        if not path.is_absolute():
            raise SubmitError(f"file path {path} must be an absolute path to a file or directory")
        if not path.exists():
            raise SubmitError(f"file path {path} does not exist")
        if path.is_file():
            return [str(path)]
        files = sorted(str(entry) for entry in path.iterdir() if entry.is_file())
        if not files:
            raise SubmitError(f"Found zero files in {path}")
        return files


def in_s3(uri: str) -> bool:
    """Whether it is an object's."""
    return urlsplit(uri).scheme in ("s3", "s3a")


def _s3() -> Any:
    import boto3

    return boto3.client("s3", endpoint_url=os.environ.get("AWS_ENDPOINT_URL_S3"))
