"""The schedules."""

import dagster as dg

from ml_pipeline.jobs import daily_training

daily_training_schedule = dg.build_schedule_from_partitioned_job(
    daily_training,
    hour_of_day=6,
    default_status=dg.DefaultScheduleStatus.STOPPED,
)
