"""The jobs."""

import dagster as dg

from ml_pipeline.assets.custom_image_features import custom_image_features
from ml_pipeline.assets.model_artifact import model_artifact
from ml_pipeline.assets.model_evaluation import model_evaluation
from ml_pipeline.assets.preprocessed_dataset import preprocessed_dataset
from ml_pipeline.assets.raw_flights import raw_flights

daily_training = dg.define_asset_job(
    "daily_training",
    selection=dg.AssetSelection.assets(
        raw_flights, preprocessed_dataset, model_artifact, model_evaluation
    ),
    description="Land a day, build its dataset, train on it, and score the model on the day.",
)

custom_features = dg.define_asset_job(
    "custom_features",
    selection=dg.AssetSelection.assets(raw_flights, custom_image_features),
    description="Land a day, and make its features in an image of your own.",
)
