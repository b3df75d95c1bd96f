"""A runtime: what runs instead of an image."""

import hashlib
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local_sagemaker.runtimes.images.entry import CatalogImage

ALL = ":all:"
"""pip's word for every package."""


@dataclass(frozen=True)
class Runtime:
    """What runs instead of an image.

    Args:
        image: The image's URI.
        name: What its environment is called; empty for a given interpreter.
        packages: pip requirements of the environment to build.
        requirements: A requirements file, instead.
        contents: What is in that file; another text makes another environment.
        alone: Requirements of which nothing else is wanted than the package itself.
        from_source: Packages that may be installed without a wheel.
        python: An interpreter that is there already, instead of an environment to build.
        entrypoint: The image's ENTRYPOINT.
        command: The image's CMD.
        programs: Programs of the image that are ours to give: names, and packages of ``programs``.
        known: What the catalog says of the image, if it is from there.
    """

    image: str
    name: str = ""
    packages: tuple[str, ...] = ()
    requirements: Path | None = None
    contents: str = ""
    alone: tuple[str, ...] = ()
    from_source: tuple[str, ...] = ()
    python: Path | None = None
    entrypoint: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    programs: Mapping[str, str] = field(default_factory=dict)
    known: CatalogImage | None = None

    @property
    def key(self) -> str:
        """The environment's directory name: other packages or another Python make another key."""
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        contents = [self.contents] if self.contents else []
        text = "\n".join((*self.packages, *contents, *self.alone))
        digest = hashlib.sha256(text.encode()).hexdigest()[:8]
        return f"{self.name}-py{version}-{digest}"
