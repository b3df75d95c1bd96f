"""What is installed from the wheel is whole, and each product's requirements are declared."""

import ast
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator
from importlib.metadata import PathDistribution, packages_distributions, requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from ml_pipeline_tests.conftest import free_port

pytestmark = pytest.mark.long

ROOT = Path(__file__).parent.parent
PRODUCTS = ("ml_pipeline", "dagster_sagemaker", "local_sagemaker")
SCRIPTS = ("preprocessing_scripts", "training_scripts")
NOT_CODE = shutil.ignore_patterns("__pycache__")

BUNDLES = (
    "from ml_pipeline import code_bundles\n"
    "for name in ('preprocess', 'train', 'evaluate', 'tabular'):\n"
    "    print(name, getattr(code_bundles, name).version)\n"
)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout; built from a copy, since a build leaves files behind."""
    copy = tmp_path_factory.mktemp("checkout")
    for folder in (*PRODUCTS, *SCRIPTS, "ml_pipeline_tests", "benchmarks"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=NOT_CODE)
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, copy)
    program = "from setuptools import build_meta; build_meta.build_wheel('.')"
    run(copy, sys.executable, "-c", program)
    [built] = copy.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> PathDistribution:
    """What the wheel says of itself."""
    [folder] = (path for path in zipfile.Path(wheel).iterdir() if path.name.endswith(".dist-info"))
    return PathDistribution(folder)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel and what it requires, that knows nothing of this checkout."""
    folder = tmp_path_factory.mktemp("installed")
    run(folder, sys.executable, "-m", "venv", "venv")
    pip = ("venv/bin/pip", "install", "--no-deps", "--no-index", "--no-compile", str(wheel))
    run(folder, *pip)
    [packages] = folder.glob("venv/lib/python*/site-packages")
    # A folder that is put on the path this way is searched for packages, and its own .pth files,
    # by which the checkout is installed here, are not read.
    (packages / "requirements.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def run(folder: Path, *command: str) -> str:
    """What a command printed that was run in a folder, without variables that lead elsewhere."""
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout


def test_the_wheel_holds_the_products_with_the_scripts_as_data_and_nothing_else(
    wheel: Path, metadata: PathDistribution
) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    info = f"ml_pipeline-{metadata.version}.dist-info"
    assert {name.split("/")[0] for name in names} == {*PRODUCTS, info}
    in_checkout = {
        path.relative_to(ROOT).as_posix()
        for product in (*PRODUCTS, *SCRIPTS)
        for path in (ROOT / product).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    code = {name for name in names if not name.startswith(info)}
    assert {name.removeprefix("ml_pipeline/_scripts/") for name in code} == in_checkout
    assert {f"{product}/py.typed" for product in PRODUCTS} <= code
    assert f"{info}/licenses/LICENSE" in names


@pytest.mark.parametrize("product", PRODUCTS)
def test_an_installed_product_is_imported_from_where_it_is_installed(
    installed: Path, product: str
) -> None:
    location = run(installed, "venv/bin/python", "-c", f"import {product} as p; print(p.__file__)")
    assert location.startswith(f"{installed}/venv/")


def test_an_installed_pipeline_has_its_definitions_and_the_very_scripts_of_the_checkout(
    installed: Path,
) -> None:
    jobs = "import ml_pipeline; print(*[job.name for job in ml_pipeline.defs.jobs])"
    printed = run(installed, "venv/bin/python", "-c", jobs)
    assert printed.split() == [
        "daily_training",
        "daily_statistics",
        "custom_features",
        "embed_images",
        "sequence_texts",
        "ingest_features",
    ]
    assert run(installed, "venv/bin/python", "-c", BUNDLES) == run(
        ROOT, sys.executable, "-c", BUNDLES
    )


def test_an_installed_command_runs_the_local_service(installed: Path) -> None:
    command = "venv/bin/ml-pipeline"
    assert "local" in run(installed, command, "--help")
    port = free_port()
    (installed / ".env").write_text(
        f"ML_PIPELINE_HOME={installed / 'home'}\nML_PIPELINE_LOCAL_PORT={port}\n"
    )
    run(installed, command, "local", "start")
    try:
        assert str(port) in run(installed, command, "local", "status")
    finally:
        run(installed, command, "local", "stop")


@pytest.mark.parametrize(
    ("product", "extras", "without"),
    [
        ("dagster_sagemaker", (), "feature_groups/parquet.py"),
        ("dagster_sagemaker", ("features",), None),
        ("local_sagemaker", ("local",), None),
        ("ml_pipeline", ("pipeline",), None),
    ],
)
def test_a_product_imports_nothing_that_its_extras_do_not_install(
    metadata: PathDistribution, product: str, extras: tuple[str, ...], without: str | None
) -> None:
    modules = {
        module
        for path in (ROOT / product).rglob("*.py")
        if "programs" not in path.parts  # run in the images' environments, with what those hold
        and path.relative_to(ROOT / product).as_posix() != without
        for module in imported(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert not_installed(modules, declared(metadata, *extras)) == set()


def test_the_definitions_load_where_the_local_service_is_not_installed(
    metadata: PathDistribution,
) -> None:
    """On AWS nothing but the pipeline is needed."""
    program = (
        "import sys; before = set(sys.modules); import ml_pipeline; ml_pipeline.defs\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})\n"
    )
    modules = set(run(ROOT, sys.executable, "-c", program).split()) & set(packages_distributions())
    assert {"dagster", "pydantic_settings"} <= modules
    assert not_installed(modules, declared(metadata, "pipeline")) == set()


def test_the_library_needs_dagster_and_boto3_alone(metadata: PathDistribution) -> None:
    assert {requirement.name for requirement in declared(metadata)} == {"dagster", "boto3"}


def not_installed(modules: set[str], requirements: list[Requirement]) -> set[str]:
    """The modules that come with none of these requirements."""
    available = closure(requirements)
    of_module = packages_distributions()
    return {
        module
        for module in modules - sys.stdlib_module_names - {*PRODUCTS, *SCRIPTS}
        if not available & {canonicalize_name(name) for name in of_module.get(module, ())}
    }


def declared(metadata: PathDistribution, *extras: str) -> list[Requirement]:
    """The requirements of the wheel, and of some of its extras."""
    requirements = [Requirement(line) for line in metadata.requires or ()]
    return [r for r in requirements if any(applies(r, extra) for extra in ("", *extras))]


def applies(requirement: Requirement, extra: str) -> bool:
    return requirement.marker is None or requirement.marker.evaluate({"extra": extra})


def closure(requirements: list[Requirement]) -> set[str]:
    """The names of everything that these requirements install in this environment."""
    names: set[str] = set()
    seen: set[tuple[str, str]] = set()
    waiting = [(r.name, extra) for r in requirements for extra in ("", *r.extras)]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        names.add(canonicalize_name(name))
        for line in requires(name) or ():
            needed = Requirement(line)
            if applies(needed, extra):
                waiting += [(needed.name, other) for other in ("", *needed.extras)]
    return names


def imported(tree: ast.AST) -> Iterator[str]:
    """The top-level modules that are imported at run time, in functions too."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]
        yield from imported(node)
