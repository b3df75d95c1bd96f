import subprocess
import sys
from pathlib import Path

import pytest

from local_sagemaker.runtimes.interpreter import (
    Interpreter,
    InterpreterError,
    inspect,
)
from local_sagemaker.runtimes.layer import create_layer
from ml_pipeline_tests.local_sagemaker.runtimes.wheels import wheel


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Interpreter:
    directory = tmp_path_factory.mktemp("runtime")
    subprocess.run([sys.executable, "-m", "venv", directory], check=True)
    found = inspect(directory / "bin" / "python")
    Path(found.packages[0], "shared.py").write_text("version = 'runtime'")
    Path(found.packages[0], "hook.pth").write_text("import sys; sys.hooked = True\n")
    return found


def run(*command: str | Path) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_a_layer_has_what_the_runtime_has_and_adds_to_itself_only(
    runtime: Interpreter, tmp_path: Path
) -> None:
    programs = create_layer(tmp_path / "a layer", runtime, "[global]\nno-index = 1\n", {})
    python = programs / "python"
    code = "import shared, sys; print(shared.version, sys.hooked, sys.prefix)"
    assert run(python, "-c", code) == f"runtime True {tmp_path / 'a layer'}"
    name, content = wheel("shared", "2", "version = 'layer'")
    (tmp_path / name).write_bytes(content)
    run(programs / "pip", "install", tmp_path / name)
    assert run(python, "-c", "import shared; print(shared.version)") == "layer"
    assert run(runtime.python, "-c", "import shared; print(shared.version)") == "runtime"


def test_a_layer_knows_the_users_pip_settings(runtime: Interpreter, tmp_path: Path) -> None:
    programs = create_layer(tmp_path / "layer", runtime, "[global]\nindex-url = mine\n", {})
    assert "site.index-url='mine'" in run(programs / "pip", "config", "list").replace(
        "global", "site"
    )


def test_uninstalling_what_is_not_there_is_no_error(runtime: Interpreter, tmp_path: Path) -> None:
    programs = create_layer(tmp_path / "layer", runtime, "", {})
    run(programs / "pip", "uninstall", "--yes", "typing")


@pytest.mark.parametrize(
    ("command", "package", "said"),
    [
        (["train"], "script_mode", "hyperparameters.json"),
        (["smspark-submit", "--unknown", "x"], "smspark_submit", "not understood: --unknown x"),
    ],
)
def test_the_programs_of_an_image(
    runtime: Interpreter, tmp_path: Path, command: list[str], package: str, said: str
) -> None:
    programs = create_layer(tmp_path / "a layer", runtime, "", {command[0]: package})
    done = subprocess.run(
        [programs / command[0], *command[1:]],
        env={"SAGEMAKER_BASE_DIR": str(tmp_path / "ml")},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode
    assert said in done.stderr
    assert not (create_layer(tmp_path / "bare", runtime, "", {}) / command[0]).exists()


@pytest.mark.parametrize("python", ["/nonexistent/python", "/bin/false", "/bin/echo"])
def test_what_is_not_a_python(python: str) -> None:
    with pytest.raises(InterpreterError, match=python):
        inspect(Path(python))
