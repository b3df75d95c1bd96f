"""Telling changes to a queue that does not always want them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.events import QUEUE_VARIABLE
from local_sagemaker.events import sender as sending
from local_sagemaker.events.event import message as usual_message
from local_sagemaker.events.outbox import Change, switch
from local_sagemaker.events.queue import Queue
from local_sagemaker.events.sender import Sender, sender
from local_sagemaker.kinds import PROCESSING
from local_sagemaker.records.store import JobStore
from ml_pipeline_tests.local_sagemaker.daemons import processing_request, wait_for


class FlakyQueue(Queue):
    """Keeps what it is sent, unless it has trouble."""

    def __init__(self) -> None:
        super().__init__("events", "http://127.0.0.1:9")
        self.trouble = 0
        self.sent: list[tuple[str, str]] = []

    def find(self) -> str:
        return "url"

    def send(self, text: str, job: str, identity: str) -> None:
        if self.trouble:
            self.trouble -= 1
            raise OSError("no route")
        self.sent.append((json.loads(text)["resources"][0], identity))

    @property
    def jobs(self) -> list[str]:
        return [job for job, _ in self.sent]


@pytest.fixture
def queue() -> FlakyQueue:
    return FlakyQueue()


@pytest.fixture
def store(tmp_path: Path) -> JobStore:
    store = JobStore(tmp_path / "jobs.db")
    switch(tmp_path / "jobs.db", on=True)
    return store


@pytest.fixture
def running(tmp_path: Path, queue: FlakyQueue, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sender]:
    monkeypatch.setattr(sending, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(sending, "_LONGEST_PAUSE", 0.02)
    made = Sender(tmp_path / "jobs.db", queue)
    made.start()
    yield made
    made.stop()


def add(store: JobStore, *names: str) -> None:
    for name in names:
        state = {"ProcessingJobStatus": "InProgress"}
        store.add(PROCESSING, name, name, processing_request(name), state)


def test_trouble_loses_nothing_and_keeps_the_order(
    store: JobStore, queue: FlakyQueue, running: Sender
) -> None:
    names = [f"job-{number:02}" for number in range(25)]
    queue.trouble = 3
    add(store, *names[:15])
    wait_for(lambda: len(queue.sent) == 15)
    queue.trouble = 2
    add(store, *names[15:])
    wait_for(lambda: len(queue.sent) >= 25)
    assert queue.jobs == names
    assert len({identity for _, identity in queue.sent}) == 25


def test_a_change_that_cannot_be_told_is_in_nobodys_way(
    store: JobStore, queue: FlakyQueue, running: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def message(change: Change) -> str:
        if change.job.name == "odd":
            raise KeyError("what is that")
        return usual_message(change)

    monkeypatch.setattr(sending, "message", message)
    add(store, "first", "odd", "last")
    wait_for(lambda: queue.jobs == ["first", "last"])


def test_the_end_tells_what_there_is(
    tmp_path: Path, store: JobStore, queue: FlakyQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_LOOK_SECONDS", 600.0)
    monkeypatch.setattr(sending, "_LAST_SECONDS", 60.0)
    made = Sender(tmp_path / "jobs.db", queue)
    made.start()
    add(store, "one", "two")
    made.stop()
    assert queue.jobs == ["one", "two"]


@pytest.mark.parametrize("value", [None, "", "  "])
def test_no_queue_no_sender(store: JobStore, tmp_path: Path, value: str | None) -> None:
    environment: dict[str, Any] = {} if value is None else {QUEUE_VARIABLE: value}
    assert sender(tmp_path / "jobs.db", "http://127.0.0.1:9", environment) is None
