import re

from hypothesis import given
from hypothesis import strategies as st

from dagster_sagemaker.identity import StepIdentity
from dagster_sagemaker.naming import job_name, name_for_all_runs

VALID = re.compile(
    r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"
)  # CreateProcessingJob's and CreateTrainingJob's

steps = st.builds(
    StepIdentity,
    work=st.lists(st.text(max_size=80), min_size=1, max_size=3).map(tuple),
    partition=st.none() | st.text(max_size=80),
    ds=st.none(),
    run_id=st.uuids().map(str),
    root_run_id=st.uuids().map(str),
)
attempts = st.integers(min_value=1, max_value=100)


@given(steps, attempts, st.none() | st.text())
def test_every_name_is_one_that_the_service_takes(
    step: StepIdentity, attempt: int, base: str | None
) -> None:
    assert VALID.fullmatch(job_name(step, attempt, base))


@given(steps, steps, attempts, attempts)
def test_names_differ_exactly_if_the_work_does(
    one: StepIdentity, other: StepIdentity, first: int, second: int
) -> None:
    same_work = (one.work, one.partition, one.root_run_id, first) == (
        other.work,
        other.partition,
        other.root_run_id,
        second,
    )
    assert (job_name(one, first) == job_name(other, second)) is same_work


def test_a_re_execution_computes_the_name_of_its_predecessor() -> None:
    first = StepIdentity(("data_set",), "2013-01-02", "2013-01-02", "run-1", "run-1")
    again = StepIdentity(("data_set",), "2013-01-02", "2013-01-02", "run-2", "run-1")
    assert job_name(first, 1) == job_name(again, 1)
    assert job_name(first, 1).startswith("data-set-2013-01-02-")
    assert job_name(first, 1).endswith("-1")


def test_names_that_read_alike_stay_apart() -> None:
    hyphen = StepIdentity(("a-b",), None, None, "run", "run")
    underscore = StepIdentity(("a_b",), None, None, "run", "run")
    assert job_name(hyphen, 1) != job_name(underscore, 1)


@given(steps, attempts, st.none() | st.text(), st.none() | st.integers(10**9, 10**10 - 1))
def test_every_name_for_all_runs_is_one_that_the_service_takes(
    step: StepIdentity, number: int, base: str | None, created: int | None
) -> None:
    assert VALID.fullmatch(name_for_all_runs(step, number, base, created))


@given(steps, st.none() | st.text(), st.none() | st.just(1700000000))
def test_numbers_set_names_for_all_runs_apart(
    step: StepIdentity, base: str | None, created: int | None
) -> None:
    assert len({name_for_all_runs(step, number, base, created) for number in range(1, 30)}) == 29


def test_a_name_for_all_runs_is_the_one_given() -> None:
    step = StepIdentity(("data_set",), "2013-01-02", "2013-01-02", "run-1", "run-1")
    again = StepIdentity(("data_set",), "2013-01-02", "2013-01-02", "run-2", "run-2")
    assert name_for_all_runs(step, 1, "my-job") == "my-job"
    assert name_for_all_runs(step, 3, "my-job") == "my-job-3"
    assert name_for_all_runs(step, 2, "my-job", 1700000000) == "my-job-1700000000"
    assert name_for_all_runs(step, 3, "my-job", 1700000000) == "my-job-1700000000-2"
    assert name_for_all_runs(step, 1) == name_for_all_runs(again, 1)
    assert name_for_all_runs(step, 1).startswith("data-set-2013-01-02-")
