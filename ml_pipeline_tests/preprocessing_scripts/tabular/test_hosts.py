import json
import signal
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from ml_pipeline_tests.preprocessing_scripts.tabular.several_hosts import (
    configure,
    ends,
    free_port,
    job,
    names,
    two_hosts,
)
from preprocessing_scripts.tabular.hosts import Arrays, HostError, Hosts
from preprocessing_scripts.tabular.links import LARGEST_MESSAGE, Link

SHOW = """
print(json.dumps([[one["rank"].tolist(), one["text"].tolist(), one["odd"].shape] for one in given]))
"""
GIVE = (
    """
import json
with hosts:
    for turn in range(3):
        given = hosts.exchange({
            "rank": np.array(rank + turn),
            "text": np.array(["é", "b" * rank]),
            "odd": np.empty((0, rank)),
        })
"""
    + SHOW
)


def test_every_host_gets_what_every_host_gave_in_rank_order(tmp_path: Path) -> None:
    with job(tmp_path, [GIVE] * 3) as hosts:
        results = [ends(host) for host in hosts]
    assert [status for status, _, _ in results] == [0, 0, 0], results
    expected = [[rank + 2, ["é", "b" * rank], [0, rank]] for rank in range(3)]
    assert [json.loads(stdout) for _, stdout, _ in results] == [expected] * 3


def test_types_shapes_and_bits_survive(pair: list[Hosts]) -> None:
    given: Arrays = {
        "float32": np.array([np.nan, -0.0, np.inf], dtype=np.float32),
        "scalar": np.array(7, dtype=np.uint8),
        "fortran": np.asfortranarray(np.arange(6).reshape(2, 3)),
        "times": np.array(["2013-02-11T05:00"], dtype="datetime64[us]"),
        "file": np.array([], dtype=np.int64),
    }
    received = exchange(pair, given, given)[1][0]
    assert list(received) == list(given)
    for name, array in given.items():
        assert received[name].dtype == array.dtype
        assert received[name].shape == array.shape
        assert received[name].tobytes("A") == array.tobytes("A")


def test_nothing_given_is_received_as_nothing(pair: list[Hosts]) -> None:
    assert exchange(pair, {}, {}) == [[{}, {}], [{}, {}]]


def test_messages_larger_than_any_buffer_pass(pair: list[Hosts]) -> None:
    large = np.random.default_rng(1).random(4_000_000)
    for given in exchange(pair, {"large": large}, {"large": -large}):
        np.testing.assert_array_equal(given[0]["large"], large)
        np.testing.assert_array_equal(given[1]["large"], -large)


def test_objects_are_never_sent(pair: list[Hosts]) -> None:
    with pytest.raises(ValueError, match="allow_pickle"):
        pair[0].exchange({"objects": np.array([{}], dtype=object)})


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_killed_host_fails_the_others_and_is_named(tmp_path: Path, lost: int) -> None:
    wait = "\nhosts.exchange({}); print('joined', flush=True); "
    scripts = [wait + "hosts.exchange({})"] * 3
    scripts[lost] = wait + "time.sleep(300)"
    with job(tmp_path, scripts) as hosts:
        assert next(iter(hosts[lost].stdout or [])) == "joined\n"
        hosts[lost].send_signal(signal.SIGKILL)
        results = [ends(host) for host in hosts]
    for rank in {0, 1, 2} - {lost}:
        status, _, stderr = results[rank]
        assert status == 1
        assert f"HostError: {names(3)[lost]} is lost" in stderr


@pytest.mark.parametrize("failing", [0, 2])
def test_the_error_of_one_host_is_the_error_of_all(tmp_path: Path, failing: int) -> None:
    # One of the others is sending more than fits into any buffer meanwhile.
    give = "\nwith hosts: hosts.exchange({'large': np.zeros(rank * 4_000_000)})"
    scripts = [give] * 3
    scripts[failing] = "\nwith hosts: raise ValueError('data/part-3.csv, line 7: not a number')"
    with job(tmp_path, scripts) as hosts:
        results = [ends(host) for host in hosts]
    for rank in {0, 1, 2} - {failing}:
        status, _, stderr = results[rank]
        assert status == 1
        expected = f"HostError: {names(3)[failing]} failed: ValueError: data/part-3.csv, line 7"
        assert expected in stderr


def test_a_hung_host_fails_the_others_and_is_named(tmp_path: Path) -> None:
    give = "\nwith hosts: hosts.exchange({}, timeout=3)"
    with job(tmp_path, [give, give, "\ntime.sleep(300)"]) as hosts:
        results = [ends(host) for host in hosts[:2]]
    for status, _, stderr in results:
        assert status == 1
        assert "HostError: 127.0.0.3 did not answer within 3 s" in stderr


def test_a_hung_leader_fails_the_others_and_is_named(pair: list[Hosts]) -> None:
    with pytest.raises(HostError, match=r"127\.0\.0\.1 is lost: .*timed out"):
        pair[1].exchange({}, timeout=0.1)


def test_a_host_that_ends_early_fails_the_others(pair: list[Hosts]) -> None:
    pair[1].close()
    with pytest.raises(HostError, match=r"127\.0\.0\.2 is lost: it closed the connection"):
        pair[0].exchange({})


def test_after_a_failure_there_is_no_further_exchange(pair: list[Hosts]) -> None:
    pair[0].close()
    for _ in range(2):
        with pytest.raises(HostError):
            pair[1].exchange({})


def test_a_host_that_never_comes_is_named_to_those_that_came() -> None:
    address = ("127.0.0.1", free_port())
    with ThreadPoolExecutor(2) as threads:
        leader = threads.submit(Hosts.join, names(3), 0, address, b"key", 2)
        with Hosts.join(names(3), 2, address, b"key", 30) as came:
            with pytest.raises(HostError, match=r"^127\.0\.0\.2 did not join"):
                leader.result(timeout=60)
            with pytest.raises(HostError, match=r"^127\.0\.0\.2 did not join"):
                came.exchange({})


def test_a_leader_that_never_comes_is_named() -> None:
    address = ("127.0.0.1", free_port())
    with pytest.raises(HostError, match=r"did not reach 127\.0\.0\.1, which leads.*refused"):
        Hosts.join(names(2), 1, address, b"key", 0.5)


def test_a_taken_port_is_named() -> None:
    expected = pytest.raises(HostError, match=r"cannot listen at 127\.0\.0\.1:\d+")
    with socket.create_server(("127.0.0.1", 0)) as server, expected:
        Hosts.join(names(2), 0, server.getsockname(), b"key", 0.3)


def test_strangers_are_not_admitted_and_do_not_disturb() -> None:
    address = ("127.0.0.1", free_port())
    with ThreadPoolExecutor(2) as threads:
        leader = threads.submit(Hosts.join, names(2), 0, address, b"key", 30)
        with pytest.raises(HostError, match="did not reach"):  # a host of another job
            Hosts.join(names(2), 1, address, b"other key", 1)
        with socket.create_connection(address) as stranger:
            stranger.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" + bytes(100))
        with pytest.raises(HostError, match="did not reach"):  # a rank the job does not have
            Hosts.join(names(6), 5, address, b"key", 1)
        hosts = [Hosts.join(names(2), 1, address, b"key", 30), leader.result(timeout=60)]
        given = exchange(hosts[::-1], {"a": np.array(1)}, {"a": np.array(2)})
        assert [one["a"].item() for one in given[0]] == [1, 2]
        for one in hosts:
            one.close()


def test_jobs_on_one_machine_do_not_meet(tmp_path: Path) -> None:
    """Without a port given: two jobs with the same host names, at the same time."""
    paths = [configure(tmp_path, rank, 2, each) for each in ("a", "b") for rank in (0, 1)]
    with ThreadPoolExecutor(4) as threads:
        hosts = list(threads.map(lambda path: Hosts.from_resource_config(path, None, 30), paths))
        gifts = [{"job": np.array(text)} for text in ("a", "a", "b", "b")]
        given = list(threads.map(lambda host, gift: host.exchange(gift), hosts, gifts))
    assert [[one["job"].item() for one in each] for each in given] == [
        ["a", "a"],
        ["a", "a"],
        ["b", "b"],
        ["b", "b"],
    ]
    for host in hosts:
        host.close()


def test_alone_without_a_resource_config(tmp_path: Path) -> None:
    with Hosts.from_resource_config(tmp_path / "resourceconfig.json") as hosts:
        gift = {"a": np.array([1])}
        assert (hosts.rank, len(hosts.names)) == (0, 1)
        assert hosts.exchange(gift) == [gift]


def test_alone_with_one_host(tmp_path: Path) -> None:
    with Hosts.from_resource_config(configure(tmp_path, 0, 1)) as hosts:
        assert (hosts.rank, hosts.names) == (0, ("127.0.0.1",))
        assert hosts.exchange({}) == [{}]


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"hosts": ["a", "b"], "current_host": "c"}', '{"hosts": 3}']
)
def test_a_resource_config_that_is_not_one_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "resourceconfig.json"
    path.write_text(content)
    with pytest.raises(HostError, match=str(path)):
        Hosts.from_resource_config(path)


@pytest.mark.parametrize("content", ["", "[]"])
def test_a_job_config_that_is_not_one_is_named(tmp_path: Path, content: str) -> None:
    path = configure(tmp_path, 0, 2)
    path.with_name("processingjobconfig.json").write_text(content)
    with pytest.raises(HostError, match=r"processingjobconfig\.json"):
        Hosts.from_resource_config(path)


def test_a_message_that_was_changed_is_refused() -> None:
    ends = links()
    ends[0].send(b"G", b"content", time.monotonic() + 5)
    ends[0]._connection.sendall(b"G" + (3).to_bytes(8, "big") + bytes(32) + b"abc")
    assert ends[1].receive(time.monotonic() + 5) == (b"G", b"content")
    with pytest.raises(ConnectionError, match="not of this job"):
        ends[1].receive(time.monotonic() + 5)


def test_a_message_sent_back_to_its_sender_is_refused() -> None:
    ends = links()
    ends[0].send(b"G", b"content", time.monotonic() + 5)
    ends[1]._connection.sendall(ends[1]._connection.recv(1000))
    with pytest.raises(ConnectionError, match="not of this job"):
        ends[0].receive(time.monotonic() + 5)


def test_a_message_sent_twice_is_refused_the_second_time() -> None:
    ends = links()
    ends[0].send(b"G", b"content", time.monotonic() + 5)
    ends[0]._sent -= 1
    ends[0].send(b"G", b"content", time.monotonic() + 5)
    ends[1].receive(time.monotonic() + 5)
    with pytest.raises(ConnectionError, match="not of this job"):
        ends[1].receive(time.monotonic() + 5)


def test_an_announced_message_over_the_limit_is_refused_before_it_is_read() -> None:
    ends = links()
    ends[0]._connection.sendall(b"G" + (LARGEST_MESSAGE + 1).to_bytes(8, "big") + bytes(32))
    with pytest.raises(ConnectionError, match="announced a message of"):
        ends[1].receive(time.monotonic() + 5)


@pytest.fixture
def pair() -> Iterator[list[Hosts]]:
    with two_hosts() as hosts:
        yield hosts


def exchange(hosts: list[Hosts], *gifts: Arrays) -> list[list[Arrays]]:
    with ThreadPoolExecutor(len(hosts)) as threads:
        return list(threads.map(lambda host, gift: host.exchange(gift, 30), hosts, gifts))


def links() -> tuple[Link, Link]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        follower = socket.create_connection(server.getsockname())
        leader, _ = server.accept()
    made: list[Link] = []
    deadline = time.monotonic() + 5
    thread = threading.Thread(
        target=lambda: made.append(Link(follower, b"key", leads=False, deadline=deadline))
    )
    thread.start()
    ours = Link(leader, b"key", leads=True, deadline=deadline)
    thread.join()
    return ours, made[0]
