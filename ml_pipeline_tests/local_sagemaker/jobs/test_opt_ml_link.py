import multiprocessing
from pathlib import Path

import pytest

from local_sagemaker.jobs.containers import opt_ml_link
from local_sagemaker.jobs.containers.opt_ml_link import OptMlLink
from local_sagemaker.jobs.reasons import ClientFault, JobStoppedError
from local_sagemaker.jobs.stopping import StopRequest


@pytest.fixture(autouse=True)
def opt_ml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "opt-ml"
    monkeypatch.setattr(opt_ml_link, "_OPT_ML", path)
    return path


def take(home: Path, attempt: str) -> None:
    stops = iter([False, True])
    (home / attempt).mkdir(parents=True)
    OptMlLink(home).take(home / attempt, StopRequest(lambda: next(stops)), print)


def test_a_job_that_begins_again_has_its_turn_already(tmp_path: Path, opt_ml: Path) -> None:
    for attempt in ("first", "second"):
        take(tmp_path / "home", attempt)
        assert opt_ml.resolve() == tmp_path / "home" / attempt


def test_a_link_to_a_home_that_was_deleted_is_taken_over(tmp_path: Path, opt_ml: Path) -> None:
    opt_ml.symlink_to(tmp_path / "deleted" / "opt_ml")
    take(tmp_path / "home", "mine")
    assert opt_ml.resolve() == tmp_path / "home" / "mine"


@pytest.mark.parametrize("target", ["other/opt_ml", "deleted/of-somebody"])
def test_a_link_that_is_not_ours_stays(tmp_path: Path, opt_ml: Path, target: str) -> None:
    (tmp_path / "other").mkdir()
    opt_ml.symlink_to(tmp_path / target)
    with pytest.raises(ClientFault):
        take(tmp_path / "home", "mine")
    assert opt_ml.readlink() == tmp_path / target


def test_another_job_has_to_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local_sagemaker.jobs.stopping.LOOK_SECONDS", 0.0)
    fork = multiprocessing.get_context("fork")
    ready, go = fork.Event(), fork.Event()

    def other_job() -> None:
        take(tmp_path / "home", "other")
        ready.set()
        go.wait(60)

    process = fork.Process(target=other_job)
    process.start()
    assert ready.wait(60)
    with pytest.raises(JobStoppedError):
        take(tmp_path / "home", "mine")
    go.set()
    process.join(60)
    take(tmp_path / "home", "mine-now")
