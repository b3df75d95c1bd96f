"""Running pip for a person who looks on."""

import subprocess
from collections.abc import Callable, Mapping


def run_shown(
    command: list[str], environment: Mapping[str, str], write: Callable[[str], None], inherited: int
) -> int:
    """Run a command, and end it if the person loses patience.

    Args:
        command: Program and arguments.
        environment: Its whole environment.
        write: Receives its output line by line.
        inherited: A descriptor it keeps open, such as a lock.

    Returns:
        Its exit code.
    """
    process = subprocess.Popen(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=(inherited,),
    )
    with process:
        try:
            assert process.stdout is not None  # noqa: S101 - it is a pipe
            for line in process.stdout:
                write(line.rstrip("\n"))
        except BaseException:
            process.kill()
            raise
    return process.returncode
