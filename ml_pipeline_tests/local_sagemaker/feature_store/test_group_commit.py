"""Many writers, one thread, few commits."""

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest

from local_sagemaker.feature_store.group_commit import GroupCommit
from local_sagemaker.service_errors import ServiceError
from local_sagemaker.sqlite_file import SqliteFile


def prepare(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY)")


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[GroupCommit]:
    made = GroupCommit(SqliteFile(tmp_path / "numbers.db", prepare))
    yield made
    made.stop()


def add(connection: sqlite3.Connection, number: int) -> int:
    connection.execute("INSERT INTO numbers VALUES (?)", (number,))
    return number


def numbers(path: Path) -> list[int]:
    """What another process would find on the disk."""
    connection = sqlite3.connect(path)
    try:
        return [row[0] for row in connection.execute("SELECT number FROM numbers ORDER BY number")]
    finally:
        connection.close()


def test_what_waits_together_is_committed_together(writer: GroupCommit, tmp_path: Path) -> None:
    """Nobody hears before the commit; one that is refused takes nobody with it."""
    begun, go_on = Event(), Event()

    def hold(connection: sqlite3.Connection) -> None:
        begun.set()
        go_on.wait(20)

    def refuse(connection: sqlite3.Connection) -> None:
        raise ServiceError("Refused", "no")

    with ThreadPoolExecutor(12) as pool:
        held = pool.submit(writer.run, hold)
        assert begun.wait(20)
        added = [pool.submit(writer.run, lambda at, n=n: add(at, n)) for n in range(8)]
        refused = pool.submit(writer.run, refuse)
        assert not any(one.done() for one in added)
        assert not held.done()
        assert not refused.done()
        assert numbers(tmp_path / "numbers.db") == []
        go_on.set()
        assert sorted(one.result(20) for one in added) == list(range(8))
        with pytest.raises(ServiceError, match="Refused: no"):
            refused.result(20)
    assert numbers(tmp_path / "numbers.db") == list(range(8))


def test_what_cannot_be_written_is_told_and_the_next_is_written(
    writer: GroupCommit, tmp_path: Path
) -> None:
    writer.run(lambda at: add(at, 1))
    with pytest.raises(sqlite3.IntegrityError):
        writer.run(lambda at: add(at, 1))
    writer.run(lambda at: add(at, 2))
    assert numbers(tmp_path / "numbers.db") == [1, 2]
