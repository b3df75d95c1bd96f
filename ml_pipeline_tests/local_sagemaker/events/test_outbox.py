"""What is written down of the changes of jobs."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.events.outbox import Outbox, switch
from local_sagemaker.events.steps import steps
from local_sagemaker.jobs.kinds.training.states import enter
from local_sagemaker.kinds import PROCESSING, TRAINING
from local_sagemaker.records.states import cut_off, first_state
from local_sagemaker.records.store import JobStore
from ml_pipeline_tests.local_sagemaker.daemons import processing_request, training_request


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "jobs.db"


def add_training(store: JobStore) -> None:
    request = training_request("job")
    store.add(TRAINING, "job", "arn:job", request, first_state(TRAINING, request))


def told(path: Path) -> list[tuple[str, str, int]]:
    """Status, secondary status and number of transitions of every event that is due."""
    outbox = Outbox(path)
    states = [step.job.state for change in outbox.first(100) for step in steps(change)]
    outbox.close()
    return [
        (one["TrainingJobStatus"], one["SecondaryStatus"], len(one["SecondaryStatusTransitions"]))
        for one in states
    ]


def test_several_statuses_in_one_change_are_told_one_by_one(path: Path) -> None:
    store = JobStore(path)
    switch(path, on=True)
    add_training(store)

    def to_training(state: dict[str, Any]) -> None:
        enter(state, "Starting", "Preparing the instances for training")
        enter(state, "Downloading", "Downloading input data")
        enter(state, "Training", "Training")

    store.change(TRAINING, "job", to_training)
    # A message alone is no change.
    store.change(TRAINING, "job", lambda state: enter(state, "Training", "Still at it"))

    def end(state: dict[str, Any]) -> None:
        enter(state, "Stopping", "Stopping the training job")
        cut_off(TRAINING, "Stopped")(state)

    store.change(TRAINING, "job", end)
    assert told(path) == [
        ("InProgress", "Starting", 1),
        ("InProgress", "Downloading", 2),
        ("InProgress", "Training", 3),
        ("Stopping", "Stopping", 4),
        ("Stopped", "Stopped", 5),
    ]
    outbox = Outbox(path)
    found = [step for change in outbox.first(100) for step in steps(change)]
    again = [step.id for change in outbox.first(100) for step in steps(change)]
    assert [step.id for step in found] == again
    assert len(set(again)) == 5
    stopping, stopped = (step.job.state for step in found[-2:])
    assert "TrainingEndTime" not in stopping
    assert "EndTime" not in stopping["SecondaryStatusTransitions"][-1]
    assert "TrainingEndTime" in stopped
    outbox.forget(found[0].number)
    assert [change.number for change in outbox.first(1)] == [2]
    outbox.close()


def test_a_change_that_fails_is_not_told(path: Path) -> None:
    store = JobStore(path)
    switch(path, on=True)
    add_training(store)

    def fail(state: dict[str, Any]) -> None:
        enter(state, "Training", "Training")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.change(TRAINING, "job", fail)
    assert told(path) == [("InProgress", "Starting", 1)]


def test_switching(path: Path) -> None:
    store = JobStore(path)
    switch(path, on=False)
    add_training(store)
    switch(path, on=True)
    switch(path, on=True)
    assert told(path) == []
    request = processing_request("other")
    # A store that was opened before writes it down too, as supervisors of an earlier daemon do.
    store.add(PROCESSING, "other", "arn:other", request, {"ProcessingJobStatus": "InProgress"})
    outbox = Outbox(path)
    assert outbox.touched()
    assert not outbox.touched()
    store.update(PROCESSING, "other", ProcessingJobStatus="Completed")
    assert outbox.touched()
    assert [change.job.status for change in outbox.first(9)] == ["InProgress", "Completed"]
    outbox.forget(2)
    assert not outbox.touched()  # by others, that is
    outbox.close()
    switch(path, on=False)
    connection = sqlite3.connect(path)
    names = connection.execute("SELECT name FROM sqlite_master").fetchall()
    connection.close()
    assert [name for (name,) in names if "outbox" in name] == []


def test_state_that_is_no_json_to_sqlite(path: Path) -> None:
    store = JobStore(path)
    switch(path, on=True)
    add_training(store)
    metrics = [{"MetricName": "loss", "Value": float("nan"), "Timestamp": 1.0}]
    store.update(TRAINING, "job", FinalMetricDataList=metrics)
    store.change(TRAINING, "job", cut_off(TRAINING, "Failed", "AlgorithmError"))
    assert [one[:2] for one in told(path)] == [
        ("InProgress", "Starting"),
        ("InProgress", "Starting"),  # SQLite cannot tell that nothing changed: once too often
        ("Failed", "Failed"),
    ]
