"""The settings of the service are all in its documentation."""

import re
from pathlib import Path

import local_sagemaker as package

_DOCS = Path(__file__).parents[2] / "docs" / "local-sagemaker.md"


def test_every_variable_is_in_the_table_of_settings() -> None:
    sources = Path(*package.__path__).rglob("*.py")
    names = {
        name
        for source in sources
        for name in re.findall(r'"(ML_PIPELINE_LOCAL_\w+)"', source.read_text())
    }
    table = _DOCS.read_text().partition("\n## Settings\n")[2].partition("\n## ")[0]
    assert names
    assert [name for name in sorted(names) if f"\n| `{name}`" not in table] == []
