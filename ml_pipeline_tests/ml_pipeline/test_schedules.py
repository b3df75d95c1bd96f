from datetime import datetime, timedelta, timezone

import dagster as dg
import pytest

from ml_pipeline.settings import Settings

NOW = datetime(2013, 2, 12, 6, 0, tzinfo=timezone.utc)


def test_the_schedule_is_stopped_until_someone_starts_it() -> None:
    from ml_pipeline.schedules import daily_training_schedule

    assert daily_training_schedule.default_status == dg.DefaultScheduleStatus.STOPPED


def test_a_tick_asks_for_the_day_before() -> None:
    from ml_pipeline.definitions import defs

    schedule = defs.get_schedule_def("daily_training_schedule")
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(
            instance, scheduled_execution_time=NOW, repository_def=defs.get_repository_def()
        )
        ticked = schedule.evaluate_tick(context)
    [request] = ticked.run_requests or []
    assert request.partition_key == "2013-02-11"
    assert request.tags["dagster/partition"] == "2013-02-11"


def test_without_an_end_date_the_last_partition_is_yesterday(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from ml_pipeline.partitions import daily_partitions

    monkeypatch.setenv("ML_PIPELINE_END_DATE", "")
    yesterday = datetime.now(timezone.utc).date() - timedelta(days=1)
    partitions = daily_partitions(Settings())
    assert partitions.get_last_partition_key() == yesterday.isoformat()
    assert Settings().window(yesterday.isoformat())[-1] == yesterday.isoformat()
    with pytest.raises(ValueError, match="is not a partition"):
        Settings().window((yesterday + timedelta(days=1)).isoformat())
