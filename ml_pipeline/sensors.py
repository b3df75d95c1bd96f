"""The sensors."""

import dagster as dg

from dagster_sagemaker import build_completion_sensor, build_sweep_sensor
from ml_pipeline.settings import Settings

_ALL = dg.AssetSelection.all()


def build_sensors(settings: Settings) -> list[dg.SensorDefinition]:
    """One that stops what killed runs leave behind; more if runs do not wait for their jobs."""
    sweep = build_sweep_sensor()
    if settings.wait_for_completion:
        return [sweep]
    seconds = 2 if settings.target == "local" else 15
    return [
        sweep,
        build_completion_sensor(
            target=_ALL, queue=settings.queue_of_job_ends, minimum_interval_seconds=seconds
        ),
        dg.AutomationConditionSensorDefinition(
            "follow_up",
            target=_ALL,
            minimum_interval_seconds=seconds,
            default_status=dg.DefaultSensorStatus.RUNNING,
            description="Has models trained and scored when what they are made of is there.",
        ),
    ]
