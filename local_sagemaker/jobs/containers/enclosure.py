"""The first thing that runs in a job's namespaces: it makes the container and becomes the program.

It sees the machine's own files, makes them read-only, covers what a job must not see, shows it what
is its own, and gives up the privileges with which all that could be undone. It imports little:
every job waits for it.
"""

import errno
import os

from local_sagemaker.jobs.containers import kernel

_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_ACCELERATORS = ("nvidia", "dri", "kfd", "neuron", "infiniband")
_KERNEL_SETTINGS = ("sys", "sysrq-trigger", "irq", "bus", "fs")
_SIGPIPE, _SIGXFSZ = 13, 25

# Docker's, but for what makes devices: chown, dac_override, fowner, fsetid, kill, setgid, setuid,
# setpcap, net_bind_service, net_raw, sys_chroot, audit_write, setfcap.
_CAPABILITIES = frozenset({0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 29, 31})


def enclose(
    *,
    status: int,
    host: str,
    name: str,
    directory: str,
    hidden: str,
    own: list[str],
    visible: list[str],
    runtime: str,
    program: list[str],
    environment: dict[str, str],
) -> None:
    """Make the container and become the program; returns only by ending the process.

    Args:
        status: A descriptor that learns how it went: ``ready`` or ``failed``, and a line on why.
        host: The directory of what the service prepared: ``ml``, ``tmp`` and ``hosts``.
        name: The host name.
        directory: The first working directory.
        hidden: The directory of which nothing shall be seen but what is named below.
        own: Directories the job may write to, where they are.
        visible: Directories it needs to read, wherever they are.
        runtime: The one of them to protect above all; empty if there is none.
        program: What runs, and its arguments.
        environment: Its whole environment.
    """
    try:
        os.umask(0o022)
        weakness = _make_container(host, name, hidden, own, visible, runtime)
        os.chdir(directory)
        kernel.keep_capabilities(_CAPABILITIES)
    except OSError as error:
        os.write(status, f"failed\n{error.errno}\n{error.strerror or error}".encode())
        os._exit(1)
    os.write(status, f"ready\n{weakness}".encode())
    os.close(status)
    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
    os.dup2(1, 2)
    kernel.reset_signals(_SIGPIPE, _SIGXFSZ)
    _become(program, environment)


def _make_container(
    host: str, name: str, hidden: str, own: list[str], visible: list[str], runtime: str
) -> str:
    # What is about to be covered has to be opened before.
    places = {path: _open(path) for path in (*own, *visible)}
    ml, tmp, hosts = (_open(f"{host}/{entry}") for entry in ("ml", "tmp", "hosts"))
    weakness = _make_read_only()
    covers = [_cover_opt(), _cover_devices()]
    os.mkdir("/opt/ml")
    _give("/opt/ml", ml, weakness)
    _give("/tmp", tmp, weakness)  # noqa: S108 - the directory that is replaced
    kernel.bind(_path(hosts), "/etc/hosts")
    if os.path.isdir(hidden):
        kernel.mount("tmpfs", hidden, "mode=755")
        covers.append(hidden)
    for path in own:
        os.makedirs(path, exist_ok=True)
        _give(path, places[path], weakness)
    for path in visible:
        _show(path, places[path])
    kernel.set_host_name(name)
    if weakness:
        _protect(runtime)
    else:
        _seal(covers)
    return weakness


def _make_read_only() -> str:
    """Make all there is read-only, or say why not."""
    try:
        kernel.make_read_only("/", recursive=True)
    except OSError as error:
        return str(error.strerror)
    return ""


def _give(path: str, place: int, weakness: str) -> None:
    kernel.bind(_path(place), path)
    if not weakness:
        kernel.make_writable(path)


def _protect(runtime: str) -> None:
    if runtime:
        kernel.bind(runtime, runtime)
        try:
            kernel.remount_read_only(runtime)
        except OSError:
            pass  # Under some mount flags an ordinary user may not.


def _seal(covers: list[str]) -> None:
    for path in covers:
        kernel.make_read_only(path)
    kernel.make_writable("/proc")
    for entry in _KERNEL_SETTINGS:
        path = f"/proc/{entry}"
        if os.path.exists(path):
            kernel.bind(path, path)
            kernel.make_read_only(path)


def _cover_opt() -> str:
    """A new /opt with all that the host has there but a /opt/ml."""
    opened = {entry.name: entry for entry in os.scandir("/opt") if entry.name != "ml"}
    places = {name: _open(entry.path) for name, entry in opened.items() if not entry.is_symlink()}
    links = {name: os.readlink(entry.path) for name, entry in opened.items() if entry.is_symlink()}
    kernel.mount("tmpfs", "/opt", "mode=755")
    for name, place in places.items():
        _show(f"/opt/{name}", place)
    for name, target in links.items():
        os.symlink(target, f"/opt/{name}")
    return "/opt"


def _cover_devices() -> str:
    """A new /dev without the machine's disks, and with a shared memory of its own."""
    names = [name for name in os.listdir("/dev") if name.startswith((*_ACCELERATORS,))]
    names += [name for name in _DEVICES if os.path.exists(f"/dev/{name}")]
    places = {name: _open(f"/dev/{name}") for name in names}
    kernel.mount("tmpfs", "/dev", "mode=755")
    for name, place in places.items():
        _show(f"/dev/{name}", place)
    for name, target in (
        ("fd", "/proc/self/fd"),
        ("stdin", "fd/0"),
        ("stdout", "fd/1"),
        ("stderr", "fd/2"),
        ("ptmx", "pts/ptmx"),
    ):
        os.symlink(target, f"/dev/{name}")
    os.mkdir("/dev/shm")  # noqa: S108
    kernel.mount("tmpfs", "/dev/shm", "mode=1777")  # noqa: S108
    os.mkdir("/dev/pts")
    try:
        kernel.mount("devpts", "/dev/pts", "newinstance,ptmxmode=0666,mode=620")
    except OSError:
        pass  # A job without terminals of its own.
    return "/dev"


def _show(path: str, place: int) -> None:
    """Put what was opened back where it was, if something now covers it."""
    if _same(path, place):
        return
    if os.path.isdir(_path(place)):
        os.makedirs(path, exist_ok=True)
    else:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o644))
    kernel.bind(_path(place), path)


def _same(path: str, place: int) -> bool:
    try:
        found = os.stat(path)
    except OSError:
        return False
    opened = os.fstat(place)
    return (found.st_dev, found.st_ino) == (opened.st_dev, opened.st_ino)


def _open(path: str) -> int:
    return os.open(path, os.O_PATH)


def _path(place: int) -> str:
    return f"/proc/self/fd/{place}"


def _become(program: list[str], environment: dict[str, str]) -> None:
    try:
        os.execvpe(program[0], program, environment)  # noqa: S606 - the job's program
    except OSError as error:
        # As shells and Docker count it.
        missing = error.errno in (errno.ENOENT, errno.ENOTDIR)
        _give_up(program[0], os.strerror(error.errno or 0), 127 if missing else 126)
    except ValueError as error:  # an empty name, or a null byte somewhere
        _give_up(program[0], str(error), 127)


def _give_up(name: str, why: str, code: int) -> None:
    os.write(1, f"exec: {name}: {why}\n".encode(errors="backslashreplace"))
    os._exit(code)
