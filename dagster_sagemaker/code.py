"""A job's code as a bundle: named by its content, uploaded once, the same bytes everywhere."""

import gzip
import io
import re
import tarfile
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster_pipes
from typing_extensions import Self

from dagster_sagemaker.code_files import files_below, hash_of, read_files
from dagster_sagemaker.inline_code import script_of
from dagster_sagemaker.request import Upload
from dagster_sagemaker.s3_uri import join_s3_uri

_PIPES_MODULE = "dagster_pipes.py"
_MENTION = re.compile(rb"dagster[_-]pipes")  # a module's name, or a requirement's
_REQUIREMENTS = "requirements.txt"
_INLINE_SCRIPT = "inline.py"
MAX_BUNDLE_BYTES = 256 * 1024 * 1024
"""Size of a bundle's files, unless it is told otherwise.

SageMaker names no limit; but every instance unpacks the bundle before a job begins, and it is held
in memory here.
"""


class CodeBundle:
    """The files that a job's script needs, with its entry point.

    The files are read on first use and kept, so that version and upload always agree.

    Args:
        files: Paths (or contents) by their name inside the bundle
            (``{"lib/features.py": path}``), or paths that keep their own names, or one directory,
            which is taken with everything below it.
        entry_point: Name of the script inside the bundle.
        pipes: Add ``dagster_pipes.py`` of the installed package, so that the script can report to
            Dagster from an image that does not have it.
        requirements: A requirements file, whatever its name; the bundle holds it as
            ``requirements.txt``, which script mode and ``FrameworkProcessor`` install.
        max_bytes: What the files may come to together, unpacked.
    """

    def __init__(
        self,
        files: Mapping[str, Path | bytes] | Sequence[Path] | Path,
        entry_point: str,
        *,
        pipes: bool = True,
        requirements: Path | None = None,
        max_bytes: int = MAX_BUNDLE_BYTES,
    ) -> None:
        self._files = files
        self._pipes = pipes
        self._max_bytes = max_bytes
        self.entry_point = entry_point
        self.requirements = requirements

    @classmethod
    def inline(
        cls,
        script: str | Callable[..., Any],
        *,
        pipes: bool = True,
        requirements: Path | None = None,
    ) -> Self:
        """A script that is given here instead of in a file.

        Args:
            script: Its text; or a function that is called with the job's arguments, as strings.
                What the function needs it imports itself, since only its own source is sent.
            pipes: As of a bundle.
            requirements: As of a bundle.

        Raises:
            ValueError: The function uses names from around it, or is not a plain one.
        """
        text = script if isinstance(script, str) else script_of(script)
        files = {_INLINE_SCRIPT: text.encode()}
        return cls(files, _INLINE_SCRIPT, pipes=pipes, requirements=requirements)

    @cached_property
    def sources(self) -> dict[str, bytes]:
        """The caller's files by name, sorted.

        Raises:
            FileNotFoundError: A file does not exist.
            ValueError: The entry point is not among the files, a name leaves the bundle, there are
                two requirements files, or the files are too large.
        """
        paths = self._paths()
        if self.entry_point not in paths:
            message = f"entry point {self.entry_point!r} is not among the files {sorted(paths)}"
            raise ValueError(message)
        if self.requirements is not None:
            if _REQUIREMENTS in paths:
                message = f"the bundle has a {_REQUIREMENTS} beside {self.requirements}: keep one"
                raise ValueError(message)
            if not self.requirements.is_file():
                message = f"the requirements file {self.requirements} does not exist"
                raise FileNotFoundError(message)
            paths[_REQUIREMENTS] = self.requirements
        return read_files(paths, self._max_bytes)

    @cached_property
    def pipes(self) -> bool:
        """Whether the script may report to Dagster: some file mentions the module."""
        return any(_MENTION.search(content) for content in self.sources.values())

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
        return hash_of(self.sources)

    @cached_property
    def content_hash(self) -> str:
        """Hash of all files: the bundle's name in S3."""
        return hash_of(self.files)

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

    def _paths(self) -> dict[str, Path | bytes]:
        if isinstance(self._files, Mapping):
            return dict(self._files)
        if isinstance(self._files, Path):
            return dict(files_below(self._files))
        return {path.name: path for path in self._files}


def _pipes_module() -> bytes:
    # The package is one file without dependencies, so it runs as a module of that name.
    return Path(dagster_pipes.__file__).read_bytes()
