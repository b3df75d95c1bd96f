"""The source of a function, as a script that runs without the module it was written in."""

import ast
import builtins
import dis
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any


def script_of(function: Callable[..., Any]) -> str:
    """A script that calls the function with the job's arguments, as strings.

    Args:
        function: What it needs, it imports itself: the rest of its module stays behind.

    Raises:
        ValueError: It is no plain function, or uses names from around it.
    """
    if not isinstance(function, FunctionType) or function.__name__ == "<lambda>":
        message = f"{function!r} is not a plain function: write the script into a file"
        raise ValueError(message)
    source = textwrap.dedent(inspect.getsource(function))
    (definition,) = ast.parse(source).body
    names = {*function.__code__.co_freevars, *_globals_used(function), *_first_names(definition)}
    if names:
        message = (
            f"function {function.__name__!r} uses {', '.join(sorted(names))} from around it, which "
            "the job does not have: import or define them inside the function"
        )
        raise ValueError(message)
    return (
        "from __future__ import annotations\n\nimport sys\n\n\n"
        f"{source}\n\n{function.__name__}(*sys.argv[1:])\n"
    )


def _globals_used(function: FunctionType) -> Iterator[str]:
    """Names of the module that the function's code reads, its inner functions' included."""
    for name in _names(function.__code__):
        is_own = name == function.__name__  # it may call itself
        if name in function.__globals__ and not hasattr(builtins, name) and not is_own:
            yield name


def _first_names(definition: ast.stmt) -> Iterator[str]:
    """Names that are read when the function is defined: in its decorators and its defaults."""
    if isinstance(definition, ast.FunctionDef):
        arguments = definition.args
        early = (*definition.decorator_list, *arguments.defaults, *arguments.kw_defaults)
        for node in early:
            for part in ast.walk(node) if node is not None else ():
                if isinstance(part, ast.Name) and not hasattr(builtins, part.id):
                    yield part.id


def _names(code: CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname in {"LOAD_GLOBAL", "LOAD_NAME"}:
            yield str(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
