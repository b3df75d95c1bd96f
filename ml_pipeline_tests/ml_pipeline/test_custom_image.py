"""Features made in an image of one's own."""

import sys
from pathlib import Path

import pandas as pd

from local_sagemaker.runtimes.mapping import MAPPING_NAME, MappedImage, add_mapping
from ml_pipeline.processors import custom_processor
from ml_pipeline.publishing.artifacts import Features
from ml_pipeline.publishing.io_managers import S3FeaturesIOManager
from ml_pipeline.publishing.manifests import Manifests
from ml_pipeline.resources import build_connection
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.project import BUCKET, DAY, Project, manifest, materialize

IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/team/features:3"


def test_the_settings_name_image_and_command(local_service: LocalService, project: Project) -> None:
    stand_in = MappedImage("team/features:3", python=Path(sys.executable))
    add_mapping(local_service.home.root / MAPPING_NAME, stand_in)
    settings = local_service.settings(custom_image_uri=IMAGE, custom_command="python3 -B")
    done = materialize(project, settings, {"dagster/partition": DAY}, "custom_image_features")
    assert done.success, done.errors
    made = manifest(local_service, "custom_image_features", DAY)
    job = local_service.client("sagemaker").describe_processing_job(
        ProcessingJobName=made["job_name"]
    )
    application = job["AppSpecification"]
    assert application["ImageUri"] == IMAGE
    assert application["ContainerEntrypoint"][:2] == ["python3", "-B"]
    manager = S3FeaturesIOManager(connection=build_connection(settings), bucket=BUCKET)
    client = local_service.client("s3")
    frame = manager.open(Features.model_validate(made), Manifests(client, BUCKET))
    raw = manifest(local_service, "raw_flights", DAY)
    (flights,) = (
        stored["key"]
        for stored in raw["outputs"]["files"]["objects"]
        if stored["key"].endswith("flights.csv")
    )
    assert len(frame) == len(pd.read_csv(client.get_object(Bucket=BUCKET, Key=flights)["Body"]))
    assert frame["departures_in_hour"].min() >= 1


def test_without_an_image_it_is_scikit_learns(local_service: LocalService) -> None:
    image = custom_processor(local_service.settings(region="eu-west-1")).resolved_image_uri()
    assert image == (
        "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"
    )
