"""Where the scripts of the jobs are: beside this package in a checkout, inside it in a wheel."""

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "_scripts"  # setup.py puts them there

FOLDER = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent
"""The folder that holds ``preprocessing_scripts`` and ``training_scripts``."""

# Raw days are checked as they land by the reader that the jobs use, under the name it has there.
# Appended, so that nothing of the environment's is hidden.
if str(FOLDER) not in sys.path:
    sys.path.append(str(FOLDER))

from preprocessing_scripts import flights  # noqa: E402 - found on the path that was just extended

__all__ = ["FOLDER", "flights"]
