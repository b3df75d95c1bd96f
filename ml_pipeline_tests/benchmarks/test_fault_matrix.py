"""The command still runs: a few of its cells, and its page."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from benchmarks.fault_matrix.cell import Cell, run_cell
from benchmarks.fault_matrix.page import key, page
from benchmarks.fault_matrix.scene import Scene, scene
from benchmarks.fault_matrix.trouble import Trouble
from benchmarks.fault_matrix.troubles import GROUPS
from ml_pipeline_tests.docs.pages import DOCS

QUICK = {"initial_seconds": 0.1, "cap_seconds": 0.2, "late_log_seconds": 0.0}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with scene("processing", tmp_path_factory.mktemp("matrix")) as made:
        yield made


def row(heading: str, name: str) -> Trouble:
    (found,) = [trouble for trouble in GROUPS[heading] if trouble.name == name]
    return found


@pytest.mark.parametrize(
    ("heading", "name", "outcomes"),
    [
        ("The job itself", "exit code 1", ("FAILURE",)),
        (
            "Processes killed with kill -9, then executed again",
            "while waiting",
            ("KILLED", "SUCCESS"),
        ),
    ],
)
def test_a_cell_ends_as_it_should(
    place: Scene, heading: str, name: str, outcomes: tuple[str, ...]
) -> None:
    cell = run_cell(place, row(heading, name), QUICK)
    assert cell.wrong == ()
    assert (cell.outcomes, cell.jobs, cell.left) == (outcomes, 1, 0)
    assert (cell.lost, cell.twice) == (0, 0)


def test_a_cell_that_ends_otherwise_is_wrong(place: Scene) -> None:
    trouble = replace(row("The job itself", "stopped from the console"), succeeds=True, jobs=2)
    cell = run_cell(place, trouble, QUICK)
    first, second = cell.wrong
    assert first.startswith("ended as FAILURE: SageMaker processing job")
    assert second == "1 jobs instead of 2"


def test_the_page_marks_what_is_wrong() -> None:
    cell = Cell(("FAILURE",), "Job | stopped", 2, 1, 0, 3, 1.26, ("two jobs at once",))
    name = key("The job itself", row("The job itself", "exit code 1"))
    text = page(GROUPS, {(name, "training"): cell})
    assert "**1 cells, 1 of them wrong (⚠).**" in text
    assert (
        "| exit code 1 | - | ⚠ failure<br>2 jobs, 1 left<br>lines 0 missing, 3 twice<br>1.3 s "
        "| Job \\| stopped |" in text
    )
    assert "- The job itself: exit code 1 (training): two jobs at once" in text


def test_the_page_in_the_documentation_has_every_trouble() -> None:
    text = (DOCS / "fault-matrix.md").read_text()
    names = [trouble.name for troubles in GROUPS.values() for trouble in troubles]
    assert [name for name in names if f"| {name} |" not in text] == []
