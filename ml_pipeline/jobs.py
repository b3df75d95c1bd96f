"""The jobs."""

import dagster as dg

from ml_pipeline.assets.custom_image_features import custom_image_features
from ml_pipeline.assets.model_artifact import model_artifact
from ml_pipeline.assets.model_evaluation import model_evaluation
from ml_pipeline.assets.preprocessed_dataset import preprocessed_dataset
from ml_pipeline.assets.raw_flights import raw_flights
from ml_pipeline.assets.route_statistics import route_statistics
from ml_pipeline.settings import get_settings

_optional = [route_statistics] if get_settings().use_route_statistics else []

daily_training = dg.define_asset_job(
    "daily_training",
    selection=dg.AssetSelection.assets(
        raw_flights, *_optional, preprocessed_dataset, model_artifact, model_evaluation
    ),
    description="Land a day, build its dataset, train on it, and score the model on the day.",
)

daily_statistics = dg.define_asset_job(
    "daily_statistics",
    selection=dg.AssetSelection.assets(route_statistics),
    description="Count how late flights were before a day, on a Spark cluster.",
)

custom_features = dg.define_asset_job(
    "custom_features",
    selection=dg.AssetSelection.assets(raw_flights, custom_image_features),
    description="Land a day, and make its features in an image of your own.",
)
