import threading
from collections.abc import Iterator

import pytest

from preprocessing_scripts.progress import Progress
from preprocessing_scripts.tabular import pace
from preprocessing_scripts.tabular.parallel import THREADS, ordered


class Heard(Progress):
    """Keeps what is said, and what would go through Dagster Pipes."""

    def __init__(self) -> None:
        super().__init__(None)
        self.said: list[str] = []
        self.sent: list[str] = []

    def say(self, message: str) -> None:
        self.said.append(message)

    def enter(self, phase: str) -> None:
        self.sent.append(phase)


def test_rows_and_rate_are_said_and_sent_while_a_phase_lasts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pace, "INTERVAL_SECONDS", 0)
    heard = Heard()
    told = pace.Pace(heard)
    with told.phase("read", "reading rows"):
        told.advance(1000)
        told.advance(500, 2000)
    assert heard.sent[0] == "reading rows"
    assert heard.said[0].startswith("reading rows: 1,000 rows, ")
    assert heard.said[1].startswith("reading rows: 1,500 of 2,000 rows, ")
    assert heard.sent[1:] == heard.said[:2]
    assert heard.said[2].startswith("reading rows: done in ")
    assert told.seconds.keys() == {"read"}


def test_a_short_phase_says_its_end_alone() -> None:
    heard = Heard()
    with pace.Pace(heard).phase("read", "reading rows"):
        pass
    assert heard.said == ["reading rows: done in 0.0 s"]


def test_results_come_in_order_and_items_are_taken_as_they_are_needed() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for item in range(100):
            taken.append(item)
            yield item

    results = ordered(lambda item: item * 2, items())
    assert next(results) == 0
    assert len(taken) <= THREADS + 2
    assert [0, *results] == [item * 2 for item in range(100)]


def test_the_first_error_ends_the_work() -> None:
    done: list[int] = []
    lock = threading.Lock()

    def work(item: int) -> int:
        if item == 3:
            raise ValueError("three")
        with lock:
            done.append(item)
        return item

    with pytest.raises(ValueError, match="three"):
        list(ordered(work, range(1000)))
    assert len(done) < 20
