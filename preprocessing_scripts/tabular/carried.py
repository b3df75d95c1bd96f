"""Objects whose class travels with them: as source text, so that a pickle of one loads anywhere.

A pickle names the classes of what it holds, and whoever loads it needs modules of these names. The
saved preprocessor is loaded where this project is not: what it has of ours brings its modules
along, as text, which unlike compiled code any version of Python reads. This module is among them.
"""

import hashlib
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

_LOAD = "exec(sources['carried']) or restore(package, sources, module, name)"
"""Evaluated by whoever loads a pickle; the names are those that come along."""

_PACKAGES = "carried_packages"
"""Where a package that was made of sources holds them, to travel on."""


class Carried:
    """A base class of estimators. A subclass names all modules of its package that it needs.

    What it holds must be of types that everybody has.

    Attributes:
        modules: Their names, in the order in which they import each other, the class's own last.
    """

    modules: tuple[str, ...] = ()

    if TYPE_CHECKING:  # Python has it from 3.11 on, and scikit-learn's estimators in any case

        def __getstate__(self) -> dict[str, Any]: ...

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]:
        """Say what to evaluate in order to have an object of the class, and its state."""
        package, _, module = type(self).__module__.rpartition(".")
        carried = getattr(sys.modules[package], _PACKAGES, None)
        sources = carried or _sources(package, ("carried", *self.modules))
        names = {
            "package": f"tabular_{hashlib.sha256(repr(sources).encode()).hexdigest()[:16]}",
            "sources": sources,
            "module": module,
            "name": type(self).__name__,
        }
        return eval, (_LOAD, names), self.__getstate__()


def restore(package: str, sources: Mapping[str, str], module: str, name: str) -> Any:
    """Make an object without state.

    Args:
        package: What to call the package of the modules; one of that name is used if there is one.
        sources: Of its modules, by name.
        module: Which of them has the class.
        name: Of the class.
    """
    if package not in sys.modules:
        made = ModuleType(package)
        made.__path__ = []
        setattr(made, _PACKAGES, sources)
        sys.modules[package] = made
        for one, source in sources.items():
            inner = sys.modules[f"{package}.{one}"] = ModuleType(f"{package}.{one}")
            exec(source.replace("__package_of_all__", package), inner.__dict__)  # noqa: S102
    found = getattr(import_module(f"{package}.{module}"), name)
    return found.__new__(found)


def _sources(package: str, names: tuple[str, ...]) -> dict[str, str]:
    """The text of modules, in which another name stands for their package."""
    folder = Path(__file__).parent
    texts = {name: (folder / f"{name}.py").read_text(encoding="utf-8") for name in names}
    return {name: text.replace(package, "__package_of_all__") for name, text in texts.items()}
