"""The files that a container begins with."""

import json
import os
from pathlib import Path
from typing import Any

from .reporting import SubmitError

# Where its files are.
ML = Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


def read_json(path: Path, default: Any) -> Any:
    """A file's content, or the default if it is not there.

    Raises:
        SubmitError: It is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return default
    except ValueError as error:
        raise SubmitError(f"{path} is not JSON: {error}") from error
