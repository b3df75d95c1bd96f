"""Where assets, jobs, schedules and resources meet."""

import dagster as dg

from ml_pipeline.assets.custom_image_features import custom_image_features
from ml_pipeline.assets.model_artifact import model_artifact
from ml_pipeline.assets.model_evaluation import model_evaluation
from ml_pipeline.assets.preprocessed_dataset import preprocessed_dataset
from ml_pipeline.assets.raw_flights import raw_flights
from ml_pipeline.assets.raw_history import raw_history
from ml_pipeline.assets.route_statistics import route_statistics
from ml_pipeline.checks import auc_on_held_out_day
from ml_pipeline.jobs import custom_features, daily_statistics, daily_training
from ml_pipeline.optional import OPTIONAL
from ml_pipeline.resources import build_resources
from ml_pipeline.schedules import daily_training_schedule
from ml_pipeline.sensors import build_sensors
from ml_pipeline.settings import get_settings

defs = dg.Definitions(
    assets=[
        raw_flights,
        raw_history,
        preprocessed_dataset,
        model_artifact,
        model_evaluation,
        route_statistics,
        custom_image_features,
        *(one.definition(get_settings()) for one in OPTIONAL),
    ],
    asset_checks=[auc_on_held_out_day],
    jobs=[
        daily_training,
        daily_statistics,
        custom_features,
        *(one.job(get_settings()) for one in OPTIONAL),
    ],
    schedules=[daily_training_schedule],
    sensors=build_sensors(get_settings()),
    resources=build_resources(get_settings()),
    # The steps follow one another and only wait for SageMaker: a process for each would spend
    # seconds on imports and gain nothing.
    executor=dg.in_process_executor,
)
