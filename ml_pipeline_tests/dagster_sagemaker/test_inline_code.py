"""Scripts that are given as text, or as a function."""

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dagster_sagemaker import CodeBundle

LIMIT = 3


def double(*numbers: str) -> None:
    import json as encoder

    def twice(number: str) -> int:
        return 2 * int(number)

    print(encoder.dumps([twice(number) for number in numbers]))


def limited(number: str) -> bool:
    return int(number) < LIMIT and bool(json)


def with_default(number: int = LIMIT) -> int:
    return number


def named(function: Callable[[], None]) -> Callable[[], None]:
    return function


@named
def decorated() -> None:
    print("once")


def run(code: CodeBundle, folder: Path, *arguments: str) -> str:
    script = folder / code.entry_point
    script.write_bytes(code.files[code.entry_point])
    done = subprocess.run(
        [sys.executable, "-I", str(script), *arguments], capture_output=True, check=True, text=True
    )
    return done.stdout


def test_a_text_is_the_script(tmp_path: Path) -> None:
    assert run(CodeBundle.inline("print('text')"), tmp_path) == "text\n"


def test_a_function_is_called_with_the_jobs_arguments(tmp_path: Path) -> None:
    assert run(CodeBundle.inline(double), tmp_path, "1", "2") == "[2, 4]\n"


def test_a_function_of_a_function_stands_alone(tmp_path: Path) -> None:
    def hello() -> None:
        print("hello")

    assert run(CodeBundle.inline(hello), tmp_path) == "hello\n"


def test_names_from_around_a_function_are_refused() -> None:
    outer = 1

    def closure() -> int:
        return outer

    with pytest.raises(ValueError, match="'limited' uses LIMIT, json from around it"):
        CodeBundle.inline(limited)
    with pytest.raises(ValueError, match="'with_default' uses LIMIT from around it"):
        CodeBundle.inline(with_default)
    with pytest.raises(ValueError, match="'decorated' uses named from around it"):
        CodeBundle.inline(decorated)
    with pytest.raises(ValueError, match="'closure' uses outer from around it"):
        CodeBundle.inline(closure)


@pytest.mark.parametrize("what", [lambda: None, partial(double, "1"), print])
def test_what_has_no_source_of_its_own_is_refused(what: Any) -> None:
    with pytest.raises(ValueError, match="is not a plain function"):
        CodeBundle.inline(what)


def test_a_changed_text_is_another_version() -> None:
    assert CodeBundle.inline("print(1)").version != CodeBundle.inline("print(2)").version
