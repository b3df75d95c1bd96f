"""What a container is to find around it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Surroundings:
    """The surroundings of one container.

    Args:
        host: Holds ``ml`` (its ``/opt/ml``), ``tmp`` and ``hosts`` (its ``/etc/hosts``).
        name: Its host name.
        directory: The first working directory.
        hidden: Whose content it must not see, but for what is named here.
        own: Directories it may write to, beside ``/opt/ml`` and ``/tmp``.
        visible: Directories it needs to read, wherever they are.
        runtime: The one of them that others use too.
    """

    host: Path
    name: str
    directory: Path
    hidden: Path
    own: tuple[Path, ...]
    visible: tuple[Path, ...]
    runtime: Path | None
