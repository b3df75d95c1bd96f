from collections.abc import Mapping
from datetime import datetime, timezone

import dagster as dg
import pytest

from dagster_sagemaker.identity import StepIdentity, identify

DAYS = dg.DailyPartitionsDefinition("2013-01-01", end_date="2013-01-10")


def utc(year: int, month: int, day: int, hour: int = 0) -> datetime:
    return datetime(year, month, day, hour, tzinfo=timezone.utc)


def identity_in_a_run(
    partitions: dg.PartitionsDefinition | None,
    partition: str | None = None,
    tags: Mapping[str, str] | None = None,
) -> StepIdentity:
    found = []

    @dg.asset(
        key=["area", "data_set"],
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
    )
    def asset(context: dg.AssetExecutionContext) -> None:
        found.append(identify(context))

    dg.materialize([asset], partition_key=partition, tags=tags)
    return found[0]


def test_a_daily_partition_is_its_day() -> None:
    step = identity_in_a_run(DAYS, "2013-01-02")
    assert (step.work, step.partition, step.ds) == (
        ("area", "data_set"),
        "2013-01-02",
        "2013-01-02",
    )
    assert step.root_run_id == step.run_id
    assert step.title == "area/data_set[2013-01-02]"
    assert step.interval == (utc(2013, 1, 2), utc(2013, 1, 3))
    assert (step.first_partition, step.last_partition) == ("2013-01-02", "2013-01-02")


def test_an_hourly_partition_has_the_day_it_starts_on() -> None:
    hours = dg.HourlyPartitionsDefinition("2013-01-01-00:00", end_date="2013-01-03-00:00")
    step = identity_in_a_run(hours, "2013-01-02-07:00")
    assert (step.partition, step.ds) == ("2013-01-02-07:00", "2013-01-02")
    assert step.interval == (utc(2013, 1, 2, 7), utc(2013, 1, 2, 8))


@pytest.mark.parametrize(("key", "day"), [("north", None), ("2013-01-02", "2013-01-02")])
def test_other_partitions_have_a_day_only_if_their_key_is_one(key: str, day: str | None) -> None:
    step = identity_in_a_run(dg.StaticPartitionsDefinition([key]), key)
    assert (step.partition, step.ds) == (key, day)
    assert step.interval == ((utc(2013, 1, 2), utc(2013, 1, 3)) if day else None)


def test_a_range_of_partitions_is_one_piece_of_work_without_a_day() -> None:
    tags = {
        "dagster/asset_partition_range_start": "2013-01-02",
        "dagster/asset_partition_range_end": "2013-01-05",
    }
    step = identity_in_a_run(DAYS, tags=tags)
    assert (step.partition, step.ds) == ("2013-01-02...2013-01-05", None)
    assert (step.first_partition, step.last_partition) == ("2013-01-02", "2013-01-05")
    assert step.interval == (utc(2013, 1, 2), utc(2013, 1, 6))


def test_without_partitions_there_is_neither() -> None:
    step = identity_in_a_run(None)
    assert (step.partition, step.ds, step.title) == (None, None, "area/data_set")


def test_an_op_is_named_by_itself() -> None:
    found = []

    @dg.op
    def train(context: dg.OpExecutionContext) -> None:
        found.append(identify(context))

    @dg.job
    def nightly() -> None:
        train.alias("train_again")()

    nightly.execute_in_process()
    assert found[0].work == ("train_again",)
