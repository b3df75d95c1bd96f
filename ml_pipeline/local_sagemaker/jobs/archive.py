"""Archives of what a training job leaves behind."""

import tarfile
from pathlib import Path


def write_archive(directory: Path, archive: Path) -> bool:
    """Pack a directory's contents, at the archive's root, as a gzipped tar file.

    Files are streamed, links stay links, and whatever is neither file, directory nor link is left
    out. Owners are not recorded.

    Args:
        directory: What to pack, without links above it; may be missing.
        archive: The file to write.

    Returns:
        Whether there was anything; nothing is written otherwise.
    """
    if directory.resolve() != directory or not directory.is_dir():
        return False
    entries = sorted(directory.iterdir())
    if not entries:
        return False
    # Models compress poorly: level 6 costs a third of tarfile's default 9 for the same size.
    with tarfile.open(archive, "w:gz", compresslevel=6) as tar:
        for entry in entries:
            tar.add(entry, arcname=entry.name, filter=_anonymous)
    return True


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
        return None
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member
