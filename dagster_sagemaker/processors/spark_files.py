"""Files that a Spark application needs beside itself: local ones, and ones in S3."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from dagster_sagemaker.code_files import files_below, hash_of
from dagster_sagemaker.inputs import ProcessingInput
from dagster_sagemaker.processors.code_parts import CodeParts
from dagster_sagemaker.request import Upload
from dagster_sagemaker.s3_uri import join_s3_uri, parse_s3_uri

_EPOCH = (1980, 1, 1, 0, 0, 0)


def dependency_part(option: str, files: Sequence[str | Path], code_uri: str) -> CodeParts:
    """The option of ``smspark-submit`` that names files, and the input that brings local ones in.

    URIs are handed on as they are; local files become one directory, which the image's program
    takes for all files in it.

    Args:
        option: ``py-files``, ``jars`` or ``files``.
        files: Local paths and S3 URIs.
        code_uri: S3 prefix to keep local files under.

    Raises:
        ValueError: One is neither a local path nor an S3 URI, or two have one name.
        FileNotFoundError: A local one does not exist, or is a directory without files.
    """
    where = f"submit_{option.replace('-', '_')}"
    remote = [str(file) for file in files if urlsplit(str(file)).scheme in {"s3", "s3a"}]
    for uri in remote:
        parse_s3_uri(uri.replace("s3a://", "s3://", 1))
    local = _contents(
        option, where, [_path(where, file) for file in files if str(file) not in remote]
    )
    if not local:
        return CodeParts((f"--{option}", ",".join(remote)), (), ())
    prefix = join_s3_uri(code_uri, hash_of(local), option)
    directory = f"/opt/ml/processing/input/{option}"
    return CodeParts(
        entrypoint=(f"--{option}", ",".join([*remote, directory])),
        inputs=(ProcessingInput(name=option, s3_uri=prefix, local_path=directory),),
        uploads=tuple(
            Upload(join_s3_uri(prefix, name), content) for name, content in local.items()
        ),
    )


def _path(where: str, file: str | Path) -> Path:
    parts = urlsplit(str(file))
    if parts.scheme not in {"", "file"}:
        message = f"{where}: {str(file)!r} is neither a local path nor an s3:// URI"
        raise ValueError(message)
    path = Path(parts.path if parts.scheme else str(file))
    if not path.exists():
        message = f"{where}: {path} does not exist"
        raise FileNotFoundError(message)
    return path


def _contents(option: str, where: str, paths: Iterable[Path]) -> dict[str, bytes]:
    """Contents by name; a directory is a package of Python, or stands for the files in it."""
    contents: dict[str, bytes] = {}
    for path in paths:
        if path.is_dir() and option == "py-files":
            found = {f"{path.name}.zip": _zipped(path)}
        elif path.is_dir():
            found = {entry.name: entry.read_bytes() for entry in path.iterdir() if entry.is_file()}
        else:
            found = {path.name: path.read_bytes()}
        if not found:
            message = f"{where}: there is no file in {path}"
            raise FileNotFoundError(message)
        twice = sorted(found.keys() & contents.keys())
        if twice:
            message = f"{where}: two files have the name {twice[0]!r}; they share one directory"
            raise ValueError(message)
        contents.update(found)
    return dict(sorted(contents.items()))


def _zipped(package: Path) -> bytes:
    """A package as an archive that Python imports from; equal files give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in sorted(files_below(package).items()):
            archive.writestr(zipfile.ZipInfo(f"{package.name}/{name}", _EPOCH), path.read_bytes())
    return buffer.getvalue()
