"""Giving a process the surroundings of a container with Linux namespaces, without privileges.

The processes are ``setpriv unshare sh <script>``, each replacing the one before but for the last,
which is process 1 of the container and becomes the job's program. ``setpriv`` has the kernel kill
``unshare`` with the supervisor, ``--kill-child`` has it kill process 1 with ``unshare``, and with
process 1 dies all else.
"""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_NAMESPACES = (
    "--mount",
    "--uts",
    "--ipc",
    "--pid",
    "--fork",
    "--kill-child",
    "--mount-proc",
)

# Arguments: the host's directory, its name, the first working directory, the runtime to protect,
# directories in /tmp that a private /tmp must not hide, "--", the program.
_SETUP = r"""set -e
exec 2>&1
umask 022
host=$1 name=$2 directory=$3 runtime=$4
shift 4
path=$PATH
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
if [ -n "$runtime" ]; then
    # Best effort: under some mount flags an ordinary user may not remount.
    mount --bind "$runtime" "$runtime"
    mount -o remount,bind,ro "$runtime" 2>/dev/null || :
fi
# A new /opt with all that the host has there, and the job's own /opt/ml.
mkdir "$host/opt" "$host/opt/ml"
for entry in /opt/* /opt/.[!.]*; do
    copy=$host/opt/${entry##*/}
    if [ "$entry" = /opt/ml ]; then :
    elif [ -L "$entry" ]; then cp -P "$entry" "$copy"
    elif [ -d "$entry" ]; then mkdir "$copy"; mount --rbind "$entry" "$copy"
    elif [ -e "$entry" ]; then : > "$copy"; mount --bind "$entry" "$copy"
    fi
done
mount --bind "$host/ml" "$host/opt/ml"
while [ "$1" != -- ]; do
    mkdir -p "$host/tmp/$1"
    mount --rbind "/tmp/$1" "$host/tmp/$1"
    shift
done
shift
mount --bind "$host/hosts" /etc/hosts
case "$host" in
    /dev/shm/*) ;;
    *) mount -t tmpfs -o mode=1777 tmpfs /dev/shm ;;
esac
mount --rbind "$host/opt" /opt
mount --rbind "$host/tmp" /tmp
if command -v hostname > /dev/null; then hostname "$name"; fi
cd "$directory"
unset OLDPWD
: > "$host/started"
PATH=$path
exec "$@"
"""


@dataclass(frozen=True)
class Surroundings:
    """What a container is to find around it.

    Args:
        host: Holds ``ml`` (its ``/opt/ml``), ``tmp`` and ``hosts`` (its ``/etc/hosts``).
        name: Its host name.
        directory: The first working directory.
        read_only: A directory it must not write to.
        visible: Directories it needs, wherever they are.
    """

    host: Path
    name: str
    directory: Path
    read_only: Path | None
    visible: tuple[Path, ...]


def unavailable() -> str | None:
    """Why this host gives no namespaces to this user; None if it does."""
    missing = [name for name in ("unshare", "setpriv", "mount", "sh") if shutil.which(name) is None]
    if missing:
        return f"not on PATH: {', '.join(missing)}"
    probe = [*_prefix(), "sh", "-c", "mount -t tmpfs tmpfs /opt && mount -t tmpfs tmpfs /tmp"]
    done = subprocess.run(probe, capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else done.stderr.strip() or f"exit code {done.returncode}"


def container_command(surroundings: Surroundings, program: list[str]) -> list[str]:
    """Write the setup's script and return the command that runs a program in these surroundings.

    A file ``started`` in the host's directory says that all was in place; without it, the exit code
    is not the program's. Its stdout receives what the setup and the program print; its stderr only
    what ``setpriv`` and ``unshare`` themselves complain of.
    """
    host, runtime = surroundings.host, surroundings.read_only
    temporary = Path("/tmp").resolve()  # noqa: S108 - the directory that is replaced
    hidden = [
        str(path.resolve().relative_to(temporary))
        for path in (host, *surroundings.visible)
        if path.resolve().is_relative_to(temporary)
    ]
    arguments = [str(host), surroundings.name, str(surroundings.directory), str(runtime or "")]
    script = host / "setup.sh"
    script.write_text(_SETUP, encoding="utf-8")
    return [*_prefix(), _found("sh"), str(script), *arguments, *hidden, "--", *program]


def first_process(pid: int) -> int | None:
    """Process 1 of the container that this process (``unshare``) holds, seen from outside."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _parent(entry) == pid:
            return int(entry.name)
    return None


def catches(pid: int, number: int) -> bool:
    """Whether a process handles a signal; process 1 of a container must, to notice it at all."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return False
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (number - 1) & 1)


def _prefix() -> list[str]:
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return [_found("setpriv"), "--pdeathsig", "KILL", _found("unshare"), *user, *_NAMESPACES]


def _found(name: str) -> str:
    # Looked up with our PATH: the program's own may be anything.
    return shutil.which(name) or name


def _parent(process: Path) -> int | None:
    try:
        stat = (process / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The program's name, in parentheses, may hold anything.
    return int(stat.rpartition(")")[2].split()[1])
