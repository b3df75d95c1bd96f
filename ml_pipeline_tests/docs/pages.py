"""The code on a page of the documentation."""

import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).parents[2] / "docs"


def python_blocks(page: str) -> list[str]:
    """The blocks of Python on a page, in order."""
    return re.findall(r"^```python\n(.*?)^```", (DOCS / page).read_text(), re.DOTALL | re.MULTILINE)


def run_blocks(name: str, *blocks: str) -> dict[str, Any]:
    """What a module that holds the blocks defines.

    Args:
        name: The module's.
        blocks: Its source.
    """
    namespace: dict[str, Any] = {"__name__": name}
    exec(compile("\n".join(blocks), name, "exec"), namespace)
    return namespace
