"""A job's own Python environment, on top of a runtime that it cannot change.

What a job installs (its ``requirements.txt``, or ``pip install`` in a script) goes here, shadows
what the runtime has, and goes with the job. Made by hand because ``python -m venv`` takes a second:
it is a few links and small files.
"""

from collections.abc import Mapping
from pathlib import Path

from local_sagemaker.runtimes.interpreter import Interpreter

# "$0" is the full path of a program found on PATH. exec: what is process 1 stays process 1.
_PIP = '#!/bin/sh\nexec "${0%/*}/python3" -m pip "$@"\n'
_OWN = '#!/bin/sh\nexec "${{0%/*}}/python3" "${{0%/*/*}}/programs" {package} "$@"\n'

PROGRAMS = Path(__file__).with_name("programs")
"""The sources of the images' own programs: ``python PROGRAMS <package>`` runs one."""


def create_layer(
    directory: Path, interpreter: Interpreter, pip_configuration: str, own: Mapping[str, str]
) -> Path:
    """Make the environment.

    Args:
        directory: Where; must not exist.
        interpreter: The runtime's.
        pip_configuration: The text of its ``pip.conf``.
        own: The image's own programs: their names, and the package of ``programs`` each of them is.

    Returns:
        The directory of its programs: ``python``, ``python3``, ``pip``, ``pip3`` and the image's.
    """
    programs = directory / "bin"
    packages = directory / "lib" / f"python{interpreter.version}" / "site-packages"
    programs.mkdir(parents=True)
    packages.mkdir(parents=True)
    (directory / "lib64").symlink_to("lib")
    base = Path(interpreter.base)
    (directory / "pyvenv.cfg").write_text(
        f"home = {base.parent}\ninclude-system-site-packages = false\n"
        f"version = {interpreter.version}\n",
        encoding="utf-8",
    )
    (directory / "pip.conf").write_text(pip_configuration, encoding="utf-8")
    for name in ("python", "python3", f"python{interpreter.version}"):
        (programs / name).symlink_to(base)
    # addsitedir, not the bare path: the runtime's own .pth files have to be read too.
    lines = [f"import site; site.addsitedir({path!r})\n" for path in interpreter.packages]
    (packages / "_runtime.pth").write_text("".join(lines), encoding="utf-8")
    for name in ("pip", "pip3"):
        _program(programs / name, _PIP)
    for source in PROGRAMS.rglob("*.py") if own else ():
        # Their text alone: files and directories of a job are for this user only.
        target = directory / "programs" / source.relative_to(PROGRAMS)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())
    for name, package in own.items():
        _program(programs / name, _OWN.format(package=package))
    return programs


def _program(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
