"""Modules of the scripts can be read in an order: none imports another one in a circle."""

import ast
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import preprocessing_scripts

ROOT = Path(preprocessing_scripts.__file__).parent.parent
PACKAGES = ("preprocessing_scripts", "training_scripts")


def modules() -> dict[str, Path]:
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths]
    return dict(zip([name.removesuffix(".__init__") for name in names], paths, strict=True))


def imported(source: str, known: Mapping[str, object]) -> set[str]:
    """The modules that a source names in its imports, those for type checkers too."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            inner = {f"{node.module}.{alias.name}" for alias in node.names} & set(known)
            names |= inner or {node.module}
    return names & set(known)


def in_order(sources: Mapping[str, str]) -> list[str]:
    graph = {name: imported(source, sources) for name, source in sources.items()}
    return list(TopologicalSorter(graph).static_order())


def test_no_two_modules_import_each_other() -> None:
    sources = {name: path.read_text() for name, path in modules().items()}
    order = in_order(sources)
    assert set(order) == set(sources)
    assert order.index("preprocessing_scripts.tabular.schema") < order.index(
        "preprocessing_scripts.tabular.blocks"
    )


def test_a_circle_is_found_also_among_imports_for_type_checkers() -> None:
    with pytest.raises(CycleError):
        in_order(
            {
                "p.a": "from p.b import B",
                "p.b": "if TYPE_CHECKING:\n    from p import c",
                "p.c": "import p.a",
            }
        )
