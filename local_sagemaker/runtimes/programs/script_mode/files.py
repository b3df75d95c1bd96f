"""The files of a training container."""

import json
from pathlib import Path
from typing import Any


class TrainingFiles:
    """The files of a training container.

    Args:
        base: ``/opt/ml``.
    """

    def __init__(self, base: Path) -> None:
        self.input = base / "input"
        self.config = self.input / "config"
        self.model = base / "model"
        self.output = base / "output"
        self.code = base / "code"

    def read(self, name: str) -> dict[str, Any]:
        """A configuration file's content."""
        content: dict[str, Any] = json.loads((self.config / name).read_text(encoding="utf-8"))
        return content

    def hyperparameters(self) -> dict[str, Any]:
        """All hyperparameters, decoded where they are JSON, strings where not."""
        return {key: _decoded(value) for key, value in self.read("hyperparameters.json").items()}


def _decoded(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value
