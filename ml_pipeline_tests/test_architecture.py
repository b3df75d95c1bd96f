"""The rules that keep the three products, and the rooms within them, apart."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PIPELINE = ROOT / "ml_pipeline"
LIBRARY = ROOT / "dagster_sagemaker"
LOCAL = ROOT / "local_sagemaker"
PRODUCTS = ("ml_pipeline", "dagster_sagemaker", "local_sagemaker")
SCRIPTS = ("preprocessing_scripts", "training_scripts")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def offenders(folder: Path, *forbidden: str, allowed: tuple[str, ...] = ()) -> list[str]:
    def under(module: str, roots: tuple[str, ...]) -> bool:
        return any(module == root or module.startswith(f"{root}.") for root in roots)

    return [
        f"{path.relative_to(ROOT)} imports {module}"
        for path in sorted(folder.rglob("*.py"))
        for module in imports(path)
        if under(module, forbidden) and not under(module, allowed)
    ]


def test_sagemaker_for_dagster_knows_nothing_of_the_other_two() -> None:
    assert offenders(LIBRARY, "ml_pipeline", "local_sagemaker", *SCRIPTS) == []


def test_the_local_service_knows_nothing_of_the_other_two_and_nothing_of_dagster() -> None:
    forbidden = ("ml_pipeline", "dagster_sagemaker", "dagster", "dagster_aws", *SCRIPTS)
    assert offenders(LOCAL, *forbidden) == []


def test_the_images_own_programs_know_nothing_of_the_service() -> None:
    """They are copied to where it is not."""
    assert offenders(LOCAL / "runtimes" / "programs", *PRODUCTS) == []


def test_the_object_store_knows_nothing_of_sagemaker() -> None:
    # Its file of SQLite is one as the job store has: that module knows nothing of either.
    allowed = ("local_sagemaker.s3", "local_sagemaker.sqlite_file")
    assert offenders(LOCAL / "s3", *PRODUCTS, allowed=allowed) == []


def test_only_resources_and_the_command_line_know_the_local_service() -> None:
    found = [
        offender
        for offender in offenders(PIPELINE, "local_sagemaker")
        if not offender.startswith(("ml_pipeline/cli/", "ml_pipeline/resources.py"))
    ]
    assert found == []


@pytest.mark.parametrize("folder", SCRIPTS)
def test_scripts_stand_alone(folder: str) -> None:
    assert offenders(ROOT / folder, *PRODUCTS, "dagster") == []


def test_assets_and_the_library_do_not_ask_which_target_it_is() -> None:
    places = [*(PIPELINE / "assets").glob("*.py"), *LIBRARY.rglob("*.py")]
    assert [path.name for path in places if ".target" in path.read_text()] == []


def test_importing_the_definitions_contacts_nothing_and_writes_nothing(tmp_path: Path) -> None:
    program = (
        "import socket\n"
        "def refuse(*_): raise AssertionError('a socket was opened at import')\n"
        "socket.socket.connect = refuse\n"
        "from ml_pipeline import defs\n"
        "print(sorted(job.name for job in defs.jobs))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == (
        "['custom_features', 'daily_statistics', 'daily_training', 'embed_images', "
        "'ingest_features', 'sequence_texts']"
    )
    assert list(tmp_path.iterdir()) == []


def test_the_local_service_starts_without_dagster() -> None:
    program = (
        "import sys, local_sagemaker.daemon.control\n"
        "print([name for name in ('dagster', 'boto3', 'pandas') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "[]", done.stderr
