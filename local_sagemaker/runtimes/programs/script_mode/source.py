"""The user's code: where it comes from, and where in it to begin."""

import os
import re
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

from .reporting import ScriptError

_ENTRY_POINT = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._+-]*(/[A-Za-z0-9._+-]+)*")


def provide(entry_point: str, source: object, code: Path) -> None:
    """Put the user's code where it runs.

    Args:
        entry_point: The script in it that is run.
        source: A directory, an archive, or the S3 URI of one; nothing if the code is there already.
        code: Where it runs.

    Raises:
        ScriptError: The entry point is no name of a file, or not in the code, or the archive would
            write outside.
    """
    _check_name(entry_point)
    code.mkdir(exist_ok=True)
    uri = urlparse(str(source or ""))
    if not source or any(code.iterdir()):
        pass  # It is there already.
    elif uri.scheme == "s3":
        import boto3

        with tempfile.TemporaryDirectory() as directory:
            archive = Path(directory, "sourcedir.tar.gz")
            client = boto3.client("s3", endpoint_url=os.environ.get("S3_ENDPOINT_URL"))
            client.download_file(uri.netloc, uri.path.lstrip("/"), str(archive))
            unpack(archive, code)
    elif not Path(str(source)).is_dir():
        unpack(Path(str(source)), code)
    elif Path(str(source)) != code:
        shutil.copytree(str(source), code, dirs_exist_ok=True)
    if not (code / entry_point).exists():
        raise ScriptError(f"The entry point {entry_point} is not in the code: {_names(code)}")


def _check_name(entry_point: str) -> None:
    # Without this, "../x.py" or "-c" would do what no one meant.
    parts = entry_point.split("/")
    if not _ENTRY_POINT.fullmatch(entry_point) or "." in parts or ".." in parts:
        raise ScriptError(f"The entry point {entry_point!r} is not a file name or relative path")


def unpack(archive: Path, code: Path) -> None:
    """Unpack an archive of code.

    Raises:
        ScriptError: It would write, or has links that lead, outside the directory.
        tarfile.TarError: As above, where Python itself looks for that, or it is no archive.
    """
    # Older patch releases of Python do not have the "data" filter, which keeps members inside.
    options: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
    root = code.resolve()
    with tarfile.open(archive) as tar:
        for member in tar:
            _check_member(member, root)
            tar.extract(member, root, **options)


def _check_member(member: tarfile.TarInfo, root: Path) -> None:
    """Refuse what would be written, or point, out of the directory that is unpacked to."""
    path = root / member.name
    places = [path]
    if member.issym():
        places.append(path.parent / member.linkname)
    elif member.islnk():
        places.append(root / member.linkname)
    elif not (member.isreg() or member.isdir()):
        raise ScriptError(f"The code's archive has a device or pipe, {member.name}")
    # Links that were unpacked before are followed: none may lead outside.
    if not all(place.resolve().is_relative_to(root) for place in places):
        raise ScriptError(f"The code's archive has a member that leads out of it: {member.name}")


def _names(directory: Path) -> str:
    return ", ".join(sorted(entry.name for entry in directory.iterdir())) or "it is empty"
