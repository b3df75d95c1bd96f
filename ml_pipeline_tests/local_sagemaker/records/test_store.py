import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from local_sagemaker.kinds import PROCESSING, TRAINING
from local_sagemaker.process import ProcessId
from local_sagemaker.records import store_schema
from local_sagemaker.records.job_query import JobQuery
from local_sagemaker.records.store import Job, JobExistsError, JobStore


@pytest.fixture
def store(tmp_path: Path) -> JobStore:
    return JobStore(tmp_path / "jobs.db")


def add(store: JobStore, name: str, **request: Any) -> Job:
    state = {"ProcessingJobStatus": "InProgress"}
    return store.add(PROCESSING, name, f"arn:{name}", request, state)


def names(jobs: list[Job]) -> list[str]:
    return [job.name for job in jobs]


def test_a_job_is_there_for_another_process(store: JobStore, tmp_path: Path) -> None:
    added = add(store, "a", Environment={"A": "1"}, Tags=[{"Key": "k", "Value": "v"}])
    other = JobStore(tmp_path / "jobs.db")
    assert other.get(PROCESSING, "a") == added
    assert other.get(TRAINING, "a") is None
    assert other.tags("arn:a") == {"k": "v"}
    assert (tmp_path / "jobs.db").stat().st_mode & 0o777 == 0o600


def test_a_name_is_taken_once(store: JobStore) -> None:
    add(store, "a", first=True)
    with pytest.raises(JobExistsError) as caught:
        add(store, "a", Tags=[{"Key": "k", "Value": "v"}])
    assert caught.value.arn == "arn:a"
    assert store.tags("arn:a") == {}


def test_an_end_is_final(store: JobStore) -> None:
    add(store, "a")
    store.update(PROCESSING, "a", ProcessingJobStatus="Completed", ExitMessage="done")
    job = store.update(PROCESSING, "a", ProcessingJobStatus="Failed", ExitMessage="no")
    assert job.ended
    assert job.state == {"ProcessingJobStatus": "Completed", "ExitMessage": "done"}
    assert store.unfinished() == []


def test_a_stop_is_not_taken_back(store: JobStore) -> None:
    add(store, "a")
    store.update(PROCESSING, "a", ProcessingJobStatus="Stopping")
    job = store.update(PROCESSING, "a", ProcessingJobStatus="InProgress", Detail=1)
    assert (job.status, job.state["Detail"]) == ("Stopping", 1)
    assert job.modified >= job.created


def test_changes_of_many_writers_are_all_kept(store: JobStore) -> None:
    add(store, "a")

    def count(state: dict[str, Any]) -> None:
        state["Count"] = state.get("Count", 0) + 1

    threads = [
        threading.Thread(target=lambda: [store.change(PROCESSING, "a", count) for _ in range(5)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    job = store.get(PROCESSING, "a")
    assert job is not None
    assert job.state["Count"] == 20


def test_a_change_that_raises_changes_nothing(store: JobStore) -> None:
    add(store, "a")

    def fail(state: dict[str, Any]) -> None:
        state["ProcessingJobStatus"] = "Completed"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.change(PROCESSING, "a", fail)
    assert names(store.unfinished()) == ["a"]
    with pytest.raises(KeyError):
        store.update(PROCESSING, "none", Detail=1)


def test_a_full_disk_leaves_the_store_usable(store: JobStore) -> None:
    add(store, "before")
    connection = store._file.connection()
    connection.execute("PRAGMA max_page_count = 1")  # lowered to the size it has
    with pytest.raises(sqlite3.OperationalError, match="full"):
        add(store, "too-big", Environment={"A": "x" * 100_000})
    connection.execute("PRAGMA max_page_count = 100000")
    add(store, "after")
    assert names(store.unfinished()) == ["before", "after"]


def test_one_process_gets_a_job(store: JobStore) -> None:
    add(store, "a")
    first, second = ProcessId(1, "1"), ProcessId(1, "2")
    assert store.set_supervisor(PROCESSING, "a", first)
    assert not store.set_supervisor(PROCESSING, "a", second)
    assert store.set_supervisor(PROCESSING, "a", first)
    assert not store.set_supervisor(PROCESSING, "none", first)
    job = store.get(PROCESSING, "a")
    assert job is not None
    assert job.supervisor == first


def test_tags_are_replaced_and_removed(store: JobStore) -> None:
    add(store, "a", Tags=[{"Key": "k", "Value": "v"}])
    store.put_tags("arn:a", {"k": "new", "other": "1"})
    store.delete_tags("arn:a", ["other", "missing"])
    assert store.tags("arn:a") == {"k": "new"}


def test_a_store_of_an_earlier_version_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    with sqlite3.connect(path) as old:
        old.executescript(store_schema._JOBS_AND_TAGS)
        row = ("training", "old", "arn:old", 1.0, 2.0, "Completed", "{}")
        state = json.dumps({"TrainingJobStatus": "Completed"})
        old.execute("INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)", (*row, state))
        old.execute("INSERT INTO tags VALUES ('arn:old', 'k', 'v')")
    old.close()
    stores: list[JobStore] = []
    threads = [threading.Thread(target=lambda: stores.append(JobStore(path))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stores) == 4
    [job] = stores[0].find(JobQuery(kind=TRAINING, sort_by="status"))
    assert (job.name, stores[0].tags("arn:old")) == ("old", {"k": "v"})
    assert stores[0].pools(["old"]) == {}
    with sqlite3.connect(path) as new:
        assert new.execute("PRAGMA user_version").fetchone() == (2,)


def test_an_upgrade_that_is_cut_off_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = (store_schema._JOBS_AND_TAGS, "CREATE TABLE half (a TEXT); CREATE NONSENSE;")
    monkeypatch.setattr(store_schema, "_STEPS", steps)
    with pytest.raises(sqlite3.OperationalError, match="NONSENSE"):
        JobStore(tmp_path / "jobs.db")
    with sqlite3.connect(tmp_path / "jobs.db") as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    monkeypatch.undo()
    add(JobStore(tmp_path / "jobs.db"), "a")


def test_a_store_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "jobs.db") as later:
        later.execute("PRAGMA user_version = 99")
    with pytest.raises(sqlite3.DatabaseError, match="later version"):
        JobStore(tmp_path / "jobs.db")


def test_a_removed_job_leaves_its_name(store: JobStore) -> None:
    add(store, "a", Tags=[{"Key": "k", "Value": "v"}])

    def refuse(job: Job) -> None:
        raise RuntimeError(job.name)

    with pytest.raises(RuntimeError, match="a"):
        store.remove(PROCESSING, "a", refuse)
    assert store.get(PROCESSING, "a") is not None
    assert store.remove(PROCESSING, "a", lambda job: None).name == "a"
    assert store.get(PROCESSING, "a") is None
    assert store.tags("arn:a") == {}
    with pytest.raises(KeyError):
        store.remove(PROCESSING, "a", lambda job: None)
    add(store, "a")


def test_a_request_can_be_changed_after_the_end(store: JobStore) -> None:
    add(store, "a", Environment={"A": "1"}, Other=1)
    store.update(PROCESSING, "a", ProcessingJobStatus="Completed")
    job = store.change_request(PROCESSING, "a", lambda job: {"Environment": {"B": "2"}})
    assert job.request == {"Environment": {"B": "2"}, "Other": 1}
    assert store.get(PROCESSING, "a") == job
    with pytest.raises(KeyError):
        store.change_request(PROCESSING, "none", lambda job: {})


def test_removed_jobs_give_their_room_back(store: JobStore, tmp_path: Path) -> None:
    add(store, "a", Environment={"A": "x" * 1_000_000})
    store.remove(PROCESSING, "a", lambda job: None)
    store.compact()
    assert (tmp_path / "jobs.db").stat().st_size < 200_000
    with store.alone():
        JobStore(tmp_path / "jobs.db")  # reads while another writes
    add(store, "b")


def test_queries_select_and_order(store: JobStore) -> None:
    jobs = {name: add(store, name) for name in ("b-1", "a-2", "c-1")}
    store.update(PROCESSING, "a-2", ProcessingJobStatus="Failed")

    def find(**members: Any) -> list[str]:
        return names(store.find(JobQuery(kind=PROCESSING, **members)))

    assert find() == ["b-1", "a-2", "c-1"]
    assert find(descending=True) == ["c-1", "a-2", "b-1"]
    assert find(sort_by="name") == ["a-2", "b-1", "c-1"]
    assert find(sort_by="status", descending=True) == ["c-1", "b-1", "a-2"]
    assert find(name_contains="-1") == ["b-1", "c-1"]
    assert find(name_contains="%") == []
    assert find(status="Failed") == ["a-2"]
    assert find(created_after=jobs["b-1"].created) == ["a-2", "c-1"]
    assert find(created_before=jobs["c-1"].created) == ["b-1", "a-2"]
    assert find(modified_after=jobs["c-1"].modified) == ["a-2"]
    assert find(modified_before=jobs["c-1"].modified) == ["b-1"]
    assert find(after=(jobs["b-1"].created, "b-1"), limit=1) == ["a-2"]
    assert find(sort_by="name", descending=True, after=("c-1", "c-1")) == ["b-1", "a-2"]
    assert store.find(JobQuery(kind=TRAINING)) == []
