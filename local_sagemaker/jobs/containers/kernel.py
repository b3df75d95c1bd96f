"""Calls of Linux that Python has no functions for.

Imported by a process that each job starts with, so it imports little itself.
"""

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)

_MS_BIND, _MS_REC, _MS_REMOUNT, _MS_RDONLY = 0x1000, 0x4000, 0x20, 0x1
_SYS_MOUNT_SETATTR = 442  # The same on every architecture but Alpha.
_AT_FDCWD, _AT_RECURSIVE = -100, 0x8000
_MOUNT_ATTR_RDONLY = 0x1
_PR_CAPBSET_READ, _PR_CAPBSET_DROP, _PR_SET_CHILD_SUBREAPER = 23, 24, 36
_CAPABILITY_VERSION_3 = 0x20080522
_SIG_DFL = 0


def bind(source: str, target: str) -> None:
    """Show a file or directory, with all that is mounted in it, at another place too."""
    _mount(source, target, "", _MS_BIND | _MS_REC, "")


def mount(kind: str, target: str, options: str) -> None:
    """Mount a new file system of the kernel's own."""
    _mount(kind, target, kind, 0, options)


def remount_read_only(target: str) -> None:
    """Make a bind mount read-only on a kernel without ``make_read_only``."""
    _mount("", target, "", _MS_REMOUNT | _MS_BIND | _MS_RDONLY, "")


def make_read_only(target: str, *, recursive: bool = False) -> None:
    """Make what is mounted at a place read-only; Linux 5.12 or newer."""
    _set_attributes(target, _MOUNT_ATTR_RDONLY, 0, recursive)


def make_writable(target: str) -> None:
    """Undo ``make_read_only`` for one mount."""
    _set_attributes(target, 0, _MOUNT_ATTR_RDONLY, False)


def set_host_name(name: str) -> None:
    """Name this host."""
    data = name.encode()
    _check(_libc.sethostname(data, len(data)), "sethostname")


def keep_capabilities(kept: frozenset[int]) -> None:
    """See to it that what root runs next has no other capabilities, and never gets any."""
    number = 0
    while _libc.prctl(_PR_CAPBSET_READ, number, 0, 0, 0) >= 0:
        if number not in kept:
            _check(_libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0), "prctl")
        number += 1
    # What is inheritable would pass the bounding set by.
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    # Effective, permitted, inheritable: of the low 32, then of the high.
    sets = (ctypes.c_uint32 * 6)()
    _check(_libc.capget(header, sets), "capget")
    sets[2] = sets[5] = 0
    _check(_libc.capset(header, sets), "capset")


def reset_signals(*numbers: int) -> None:
    """Undo what Python does to signals as it starts, for the program that takes its place."""
    for number in numbers:
        _libc.signal(number, ctypes.c_void_p(_SIG_DFL))


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends, as process 1 is for all."""
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl")


def _mount(source: str, target: str, kind: str, flags: int, options: str) -> None:
    texts = (os.fsencode(text) or None for text in (source, target, kind))
    result = _libc.mount(*texts, ctypes.c_ulong(flags), os.fsencode(options) or None)
    _check(result, f"mount at {target}")


def _set_attributes(target: str, add: int, clear: int, recursive: bool) -> None:
    attributes = (ctypes.c_uint64 * 4)(add, clear, 0, 0)
    result = _libc.syscall(
        ctypes.c_long(_SYS_MOUNT_SETATTR),
        ctypes.c_int(_AT_FDCWD),
        os.fsencode(target),
        ctypes.c_uint(_AT_RECURSIVE if recursive else 0),
        ctypes.byref(attributes),
        ctypes.c_size_t(ctypes.sizeof(attributes)),
    )
    _check(result, f"mount_setattr of {target}")


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
