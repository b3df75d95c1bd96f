"""Which calls a fault strikes."""

from local_sagemaker.faults.model import Fault
from local_sagemaker.faults.registry import Faults
from local_sagemaker.faults.schedule import Schedule


def test_always() -> None:
    schedule = Schedule(Fault("drop"))
    assert all(schedule.due() for _ in range(5))


def test_the_next_calls() -> None:
    schedule = Schedule(Fault("drop", times=2))
    assert [schedule.due() for _ in range(4)] == [True, True, False, False]


def test_a_share_that_a_seed_repeats() -> None:
    def drawn(seed: int) -> list[bool]:
        schedule = Schedule(Fault("drop", probability=0.3, seed=seed))
        return [schedule.due() for _ in range(1000)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert 200 < sum(drawn(1)) < 400
    assert not any(Schedule(Fault("drop", probability=0.0)).due() for _ in range(100))


def test_what_is_beyond_a_rate() -> None:
    now = [0.0]
    schedule = Schedule(Fault("throttling", rate=2.0, burst=3), clock=lambda: now[0])
    assert [schedule.due() for _ in range(5)] == [False, False, False, True, True]
    now[0] = 0.5  # one token more
    assert [schedule.due() for _ in range(2)] == [False, True]
    now[0] = 60.0  # never more than the burst
    assert [schedule.due() for _ in range(4)] == [False, False, False, True]


def test_the_first_fault_that_is_due_strikes_and_counts() -> None:
    faults = Faults()
    faults.add(Fault("error", operation="Describe*", times=1))
    faults.add(Fault("error", operation="*"))

    def strike(operation: str) -> str | None:
        found = faults.first("error", lambda fault: fault.strikes("sagemaker", operation))
        return found.operation if found else None

    assert [strike("DescribeX"), strike("DescribeX"), strike("CreateX")] == ["Describe*", "*", "*"]
    assert [fault["hits"] for fault in faults.described()] == [1, 2]


def test_ids_are_never_given_twice() -> None:
    faults = Faults()
    faults.put("1", Fault("drop"))
    faults.put("mine", Fault("drop"))
    assert faults.add(Fault("drop")) == "2"
    assert faults.remove("2")
    assert faults.add(Fault("drop")) == "3"
    assert not faults.remove("2")
