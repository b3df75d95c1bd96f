"""Running the user's code, and first installing what it needs."""

import shlex
import subprocess
import sys
from pathlib import Path

from .reporting import ScriptError, log

_OUT_OF_MEMORY = 'ExtraInfo "OutOfMemory: Process killed by SIGKILL (signal 9)"'


def prepared(
    code: Path, entry_point: str, arguments: list[str], environment: dict[str, str]
) -> list[str]:
    """Install what the code needs and return the command that runs it.

    Raises:
        ScriptError: It cannot be installed.
    """
    requirements = ["-r", "requirements.txt"] if (code / "requirements.txt").exists() else []
    pip = [sys.executable, "-m", "pip", "install"]
    packaged = (code / "setup.py").exists()
    if entry_point.endswith(".sh") or not (packaged or entry_point.endswith(".py")):
        (code / entry_point).chmod(0o777)
        return ["/bin/sh", "-c", shlex.join([f"./{entry_point}", *arguments])]
    if packaged:
        run("InstallModuleError", [*pip, ".", *requirements], code, environment)
        module = entry_point.removesuffix(".py").replace("/", ".")
        return [sys.executable, "-m", module, *arguments]
    if requirements:
        run("InstallRequirementsError", [*pip, *requirements], code, environment)
    return [sys.executable, "--", entry_point, *arguments]


def run(error: str, command: list[str], code: Path, environment: dict[str, str]) -> None:
    """Run a command to its end.

    Args:
        error: What its failure is called.
        command: A program and its arguments.
        code: Where to run it.
        environment: Its whole environment.

    Raises:
        ScriptError: It failed.
    """
    log.info("Invoking: %s", " ".join(command))
    exit_code = subprocess.run(command, cwd=code, env=environment, check=False).returncode
    if exit_code < 0:
        exit_code = 128 - exit_code
    if exit_code:
        extra = [_OUT_OF_MEMORY] if exit_code == 137 else []
        shown = f'Command "{" ".join(command)}"'
        lines = [f"{error}:", f"ExitCode {exit_code}", 'ErrorMessage ""', *extra, shown]
        raise ScriptError("\n".join(lines))
