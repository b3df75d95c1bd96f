"""The pages of pipelines, as a browser without JavaScript gets them."""

import re
from pathlib import Path

import pytest

from local_sagemaker.log_files import LogFiles
from local_sagemaker.pipelines.definition.reading import read_definition
from local_sagemaker.web.pages import Pages
from local_sagemaker.web.pipelines import levels
from ml_pipeline_tests.local_sagemaker.pipelines.conftest import World, world
from ml_pipeline_tests.local_sagemaker.pipelines.definitions import (
    condition,
    definition,
    equals,
    fail,
    parameter,
    processing,
    training,
)

__all__ = ["world"]

FLOW = definition(
    processing("clean"),
    training("fit", DependsOn=["clean"]),
    condition("good", [equals(1, 2)], [processing("publish")], [fail("refuse", "<too> few")]),
    parameters=(
        parameter("ds", DefaultValue="2013-02-01"),
        parameter("api_token", DefaultValue="hunter2"),
    ),
)


@pytest.fixture
def pages(world: World, tmp_path: Path) -> Pages:
    about = {"version": "1", "home": str(tmp_path)}
    logs = LogFiles(tmp_path / "logs")
    return Pages(world.jobs, logs, tmp_path / "features.db", world.store, about)


def get(pages: Pages, path: str, status: int = 200) -> str:
    answer = pages.answer(path, {})
    assert answer.status == status
    return answer.body.decode()


def test_without_executions_the_list_says_so(pages: Pages) -> None:
    assert "No executions yet" in get(pages, "/_jobs/pipelines")
    assert 'href="/_jobs/pipelines"' in get(pages, "/")


def test_executions_are_listed_with_the_states_of_their_steps(world: World, pages: Pages) -> None:
    world.create(FLOW)
    first, second = world.start(), world.start(PipelineExecutionDisplayName="second")
    page = get(pages, "/_jobs/pipelines")
    links = re.findall(r'href="(/_jobs/pipelines/flow/[^"]+)"', page)
    assert links == [f"/_jobs/pipelines/flow/{arn[-12:]}" for arn in (second, first)]
    assert '<span class="status Executing">clean</span>' in page
    assert '<span class="status Failed">refuse</span>' in page
    assert "data-busy" in page
    assert "ds=2013-02-01" in page
    assert "hunter2" not in page


def test_an_execution_shows_all_steps_their_jobs_and_why_one_failed(
    world: World, pages: Pages
) -> None:
    world.create(FLOW)
    arn = world.start()
    address = f"/_jobs/pipelines/flow/{arn[-12:]}"
    page = get(pages, address)
    assert f'href="/_jobs/processing/{world.job(arn, "clean").name}"' in page
    assert "&lt;too&gt; few" in page
    assert "the conditions do not hold" in page
    assert '<span class="status Waiting">Waiting</span> fit' in page
    assert '<span class="status Notrun">Not run</span> publish' in page
    assert "hunter2" not in page
    world.end(arn, "clean")
    page = get(pages, address)
    assert '<span class="status Notrun">Not run</span> fit' in page
    assert "Step failure: One or multiple steps failed. refuse: &lt;too&gt; few" in page
    assert "data-busy" not in page


def test_other_addresses_are_missing(world: World, pages: Pages) -> None:
    world.create(FLOW)
    arn = world.start()
    for path in ("flow", f"other/{arn[-12:]}", "flow/aaaaaaaaaaaa", f"flow/{arn[-12:]}/x"):
        assert "Not found" in get(pages, f"/_jobs/pipelines/{path}", 404)


def test_steps_are_in_the_column_behind_what_they_wait_for() -> None:
    assert levels(read_definition(FLOW)) == [["clean", "good"], ["fit", "publish", "refuse"]]
