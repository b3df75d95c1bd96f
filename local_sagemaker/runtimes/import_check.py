"""Whether what an image is chosen for can be imported from the environment in its place.

pip says that packages are installed. Whether they work on this machine shows when their libraries
are loaded: one may be missing, or be made for another processor.
"""

from collections.abc import Sequence
from pathlib import Path

from local_sagemaker.runtimes.images.entry import CatalogImage

_MODULES = {"scikit-learn": "sklearn"}
_FAILED = "cannot import "
_PROGRAM = f"""
import importlib, sys
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except Exception as error:
        sys.exit(f"{_FAILED}{{name}}: {{type(error).__name__}}: {{error}}")
"""


def import_command(python: Path, known: CatalogImage | None) -> list[str] | None:
    """A command that fails if a package does not work; None if the image is known for none.

    Args:
        python: The environment's.
        known: The image.
    """
    modules = [_MODULES.get(name, name.replace("-", "_")) for name in known.has] if known else []
    # -I: neither our environment nor our working directory is to influence the answer.
    return [str(python), "-I", "-c", _PROGRAM, *modules] if modules else None


def import_failure(status: int, lines: Sequence[str]) -> str:
    """Why the command failed, from its exit status and what it said."""
    said = [line for line in lines if line.startswith(_FAILED)]
    return said[-1].strip() if said else f"importing its packages ended with exit status {status}"
