"""The examples of docs/processors.md run, and what they build is valid."""

import re
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from dagster_sagemaker.images import FAMILIES
from dagster_sagemaker.request import JobRequest
from dagster_sagemaker.validation import check_request

_PAGE = Path(__file__).parents[2] / "docs" / "processors.md"


@pytest.fixture
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files that the examples name."""
    for name in (
        *(f"scripts/{name}.py" for name in ("clean", "embed", "route_statistics", "sequences")),
        "scripts/train.py",
        "packages/delays/__init__.py",
        "requirements/geo.txt",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_files")
def test_the_examples_build_valid_requests(tmp_path: Path) -> None:
    model = botocore.session.get_session().get_service_model("sagemaker")
    names: dict[str, Any] = {}
    built = []
    for number, example in enumerate(re.findall(r"```python\n(.*?)```", _PAGE.read_text(), re.S)):
        script = tmp_path / f"example_{number}.py"  # the source of an inline function is read
        script.write_text(example)
        exec(compile(example, str(script), "exec"), names)
        job = names.pop("job", None)
        if isinstance(job, JobRequest):
            kind = (
                "Training"
                if "TrainingImage" in job.request.get("AlgorithmSpecification", {})
                else "Processing"
            )
            check_request(model, f"Create{kind}Job", {**job.request, f"{kind}JobName": "example"})
            built.append(kind)
    assert (built.count("Processing"), built.count("Training")) == (7, 3)


def test_the_tables_versions_are_the_pages() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*) \|$", _PAGE.read_text(), re.M))
    assert rows.keys() == FAMILIES.keys()
    for name, row in rows.items():
        listed = set(re.findall(r"\d[\w.-]*", row))
        if "without the last number" in row:
            listed |= {version.rpartition(".")[0] for version in listed}
        assert listed == set(FAMILIES[name].versions)
