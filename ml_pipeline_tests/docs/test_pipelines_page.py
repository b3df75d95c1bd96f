"""The example of ``docs/pipelines.md``."""

import re
from pathlib import Path
from typing import Any

import dagster as dg

PAGE = Path(__file__).parents[2] / "docs" / "pipelines.md"


def test_the_example_loads() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    dg.Definitions.validate_loadable(names["defs"])
    assert "pipelines" in names["flights_model"].required_resource_keys
