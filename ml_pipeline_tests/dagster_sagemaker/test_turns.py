"""Whose turn it is to be looked at."""

from dagster_sagemaker.turns import Turns

NAMES = ["a", "b", "c", "d", "e"]


def test_a_round_goes_on_where_it_stopped() -> None:
    turns, seen = Turns(), []
    for second in (1000, 1002, 1004, 1006):
        names, turns = turns.take(NAMES, per_second=1, most=2, now=second)
        turns = Turns.parse(turns.dump())
        seen.append(names)
    assert seen == [["a", "b"], ["c", "d"], ["e", "a"], ["b", "c"]]


def test_no_more_than_the_rate_allows() -> None:
    turns = Turns(at=1000.0)
    counts = []
    for tenth in range(1, 101):
        names, turns = turns.take(NAMES, per_second=1, most=3, now=1000 + tenth / 10)
        counts.append(len(names))
    assert sum(counts) == 10
    assert max(counts) == 1


def test_nobody_is_looked_at_twice_in_a_tick() -> None:
    names, turns = Turns().take(["b"], per_second=1, most=100, now=1000.0)
    assert names == ["b"]
    assert turns.take([], per_second=1, most=100, now=1001.0)[0] == []


def test_what_is_no_state_begins_anew() -> None:
    for text in (None, "", "12", "{", '{"x": 1}', "[]"):
        assert Turns.parse(text) == Turns()


def test_a_clock_that_goes_back_gives_nothing() -> None:
    assert Turns(at=1000.0).take(NAMES, per_second=1, most=9, now=900.0)[0] == []
