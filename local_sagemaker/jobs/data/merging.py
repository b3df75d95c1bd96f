"""Making one tree of what the hosts of a job have left behind."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_NAMED = 5


@dataclass(frozen=True)
class Merged:
    """What lies below several directories.

    Args:
        entries: Where each is, by its relative path; the parent comes before what is in it.
        replaced: The paths at which a later host's entry took the place of an earlier one's.
    """

    entries: dict[str, Path]
    replaced: list[str]


def merge(directories: Sequence[Path]) -> Merged:
    """List what is below directories; where names are the same, the last directory's wins.

    Args:
        directories: Without links above them; may be missing.

    Raises:
        OSError: One cannot be read.
    """
    found: dict[tuple[str, ...], Path] = {}
    replaced: set[tuple[str, ...]] = set()
    for directory in directories:
        if directory.resolve() != directory or not directory.is_dir():
            continue  # The script made a link of it, or of what is above it.
        for path in _below(directory):
            key = path.relative_to(directory).parts
            old = found.get(key)
            if old is not None and not (_is_directory(old) and _is_directory(path)):
                replaced.add(key)
                _drop_below(found, key, old)
            found[key] = path
    entries = {"/".join(key): found[key] for key in sorted(found)}
    return Merged(entries, sorted("/".join(key) for key in replaced))


def tell_of_lost(directories: Sequence[Path], uri: str, tell: Callable[[str], None]) -> None:
    """Say what was lost where the trees of several hosts went to one place.

    Args:
        directories: A host's each, in the order in which they were uploaded.
        uri: Where to.
        tell: Receives a line for the job's log, if anything was lost.
    """
    replaced = merge(directories).replaced if len(directories) > 1 else []
    if replaced:
        # A script may give a file a name that is not UTF-8, which no log can hold.
        names = ", ".join(replaced[:_NAMED]).encode(errors="replace").decode()
        more = f" and {len(replaced) - _NAMED} more" if len(replaced) > _NAMED else ""
        tell(f"Several hosts have the same names for {uri}; the last one's are kept: {names}{more}")


def _below(directory: Path) -> Iterator[Path]:
    # Not os.walk, which nests as deeply as the directories do, and so has a limit.
    left = [directory]
    while left:
        for path in left.pop().iterdir():
            yield path
            if _is_directory(path):
                left.append(path)


def _drop_below(found: dict[tuple[str, ...], Path], key: tuple[str, ...], old: Path) -> None:
    """Forget what was in a directory whose place something else takes."""
    if _is_directory(old):
        for inner in [one for one in found if one[: len(key)] == key]:
            del found[inner]


def _is_directory(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
