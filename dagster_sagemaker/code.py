"""A job's code as a bundle: named by its content, uploaded once, the same bytes everywhere."""

import gzip
import hashlib
import io
import tarfile
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path, PurePosixPath

import dagster_pipes

from dagster_sagemaker.request import Upload
from dagster_sagemaker.s3_uri import join_s3_uri

_PIPES_MODULE = "dagster_pipes.py"
_IGNORED_DIRECTORIES = frozenset({"__pycache__", ".git", ".mypy_cache", ".ruff_cache"})


class CodeBundle:
    """The files that a job's script needs, with its entry point.

    The files are read on first use and kept, so that version and upload always agree.

    Args:
        files: Paths by their name inside the bundle (``{"lib/features.py": path}``), or paths that
            keep their own names, or one directory, which is taken with everything below it.
        entry_point: Name of the script inside the bundle.
        pipes: Add ``dagster_pipes.py`` of the installed package, so that the script can report to
            Dagster from an image that does not have it.
    """

    def __init__(
        self,
        files: Mapping[str, Path] | Sequence[Path] | Path,
        entry_point: str,
        *,
        pipes: bool = True,
    ) -> None:
        self._files = files
        self._pipes = pipes
        self.entry_point = entry_point

    @cached_property
    def sources(self) -> dict[str, bytes]:
        """The caller's files by name, sorted.

        Raises:
            FileNotFoundError: A file does not exist.
            ValueError: The entry point is not among the files, or a name leaves the bundle.
        """
        paths = self._paths()
        for name in paths:
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
                message = f"{name!r} lies outside the code bundle: use names relative to it"
                raise ValueError(message)
        if self.entry_point not in paths:
            message = f"entry point {self.entry_point!r} is not among the files {sorted(paths)}"
            raise ValueError(message)
        return {name: paths[name].read_bytes() for name in sorted(paths)}

    @cached_property
    def files(self) -> dict[str, bytes]:
        """All files of the bundle by name, sorted; ``dagster_pipes.py`` included if wanted."""
        if not self._pipes or _PIPES_MODULE in self.sources:
            return self.sources
        return dict(sorted({**self.sources, _PIPES_MODULE: _pipes_module()}.items()))

    @cached_property
    def version(self) -> str:
        """Hash of the caller's files, for an asset's ``code_version``.

        ``dagster_pipes.py`` is left out: upgrading Dagster does not make assets stale.
        """
        return _hash(self.sources)

    @cached_property
    def content_hash(self) -> str:
        """Hash of all files: the bundle's name in S3."""
        return _hash(self.files)

    def directory_uri(self, code_uri: str) -> str:
        """Prefix that holds the files, with a trailing slash."""
        return join_s3_uri(code_uri, self.content_hash, "source/")

    def archive_uri(self, code_uri: str) -> str:
        """Object that holds the files as ``sourcedir.tar.gz``, as script mode wants them."""
        return join_s3_uri(code_uri, self.content_hash, "sourcedir.tar.gz")

    def directory_uploads(self, code_uri: str) -> tuple[Upload, ...]:
        """The files one by one, below ``directory_uri``."""
        directory = self.directory_uri(code_uri)
        return tuple(
            Upload(uri=join_s3_uri(directory, name), content=content)
            for name, content in self.files.items()
        )

    def archive_uploads(self, code_uri: str) -> tuple[Upload, ...]:
        """The files as one archive at ``archive_uri``."""
        return (Upload(uri=self.archive_uri(code_uri), content=self.archive),)

    @cached_property
    def archive(self) -> bytes:
        """The files as tar.gz; equal files give equal bytes."""
        buffer = io.BytesIO()
        with (
            gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, filename="") as compressed,
            tarfile.open(fileobj=compressed, mode="w", format=tarfile.GNU_FORMAT) as archive,
        ):
            for name, content in self.files.items():
                member = tarfile.TarInfo(name)  # mtime, uid, gid are 0 and owner names are empty
                member.size = len(content)
                member.mode = 0o644
                archive.addfile(member, io.BytesIO(content))
        return buffer.getvalue()

    def _paths(self) -> dict[str, Path]:
        if isinstance(self._files, Mapping):
            return dict(self._files)
        if isinstance(self._files, Path):
            return _files_below(self._files)
        return {path.name: path for path in self._files}


def _files_below(directory: Path) -> dict[str, Path]:
    return {
        path.relative_to(directory).as_posix(): path
        for path in directory.rglob("*")
        if path.is_file()
        and path.suffix != ".pyc"
        and not _IGNORED_DIRECTORIES.intersection(path.relative_to(directory).parts)
    }


def _pipes_module() -> bytes:
    # The package is one file without dependencies, so it runs as a module of that name.
    return Path(dagster_pipes.__file__).read_bytes()


def _hash(files: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for name, content in files.items():
        for part in (name.encode(), content):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()[:32]
