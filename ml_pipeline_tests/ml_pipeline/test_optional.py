"""Assets whose inputs are settings, with them and without."""

import dagster as dg
import pytest

from ml_pipeline.definitions import defs
from ml_pipeline.optional import OPTIONAL, OptionalAsset
from ml_pipeline.resources import build_resources
from ml_pipeline.settings import Settings
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.project import DAY

SET = {
    "images_uri": "s3://mine/images/ds={{ ds }}/",
    "image_model_uri": "s3://mine/model.pt2",
    "texts_uri": "s3://mine/texts/",
    "feature_group": "routes",
}


def definitions(settings: Settings) -> dg.Definitions:
    return dg.Definitions(
        assets=[
            *(one.definition(settings) for one in OPTIONAL),
            *(asset for one in OPTIONAL for asset in one.upstream),
        ],
        jobs=[one.job(settings) for one in OPTIONAL],
        resources=build_resources(settings),
    )


@pytest.mark.parametrize(
    ("optional", "variables"),
    [
        (OPTIONAL[0], "ML_PIPELINE_IMAGES_URI and ML_PIPELINE_IMAGE_MODEL_URI"),
        (OPTIONAL[1], "ML_PIPELINE_TEXTS_URI"),
        (OPTIONAL[2], "ML_PIPELINE_FEATURE_GROUP"),
    ],
)
def test_without_its_settings_it_is_shown_and_says_what_it_lacks(
    optional: OptionalAsset, variables: str
) -> None:
    without = definitions(Settings())
    (key,) = optional.asset.keys
    node = without.resolve_asset_graph().get(key)
    assert not node.is_materializable
    reason = f"{key.to_user_string()} cannot be made yet: set {variables}, and reload"
    assert (node.description or "").startswith(reason)
    job = without.resolve_job_def(optional.job_name)
    with pytest.raises(dg.Failure, match=reason):
        job.execute_in_process()


def test_a_setting_that_is_missing_beside_others_is_named_alone() -> None:
    outline = OPTIONAL[0].definition(Settings(images_uri=SET["images_uri"]))
    assert isinstance(outline, dg.AssetSpec)
    assert "set ML_PIPELINE_IMAGE_MODEL_URI, and" in (outline.description or "")


def test_with_its_settings_it_is_made_by_its_job() -> None:
    made = definitions(Settings.model_validate(SET))
    for optional in OPTIONAL:
        job = made.resolve_job_def(optional.job_name)
        wanted = {key for asset in (*optional.upstream, optional.asset) for key in asset.keys}
        assert set(job.asset_layer.executable_asset_keys) == wanted


def test_whoever_materializes_all_needs_none_of_these_settings() -> None:
    keys = {key.to_user_string() for key in defs.resolve_asset_graph().materializable_asset_keys}
    assert "preprocessed_dataset" in keys
    assert keys.isdisjoint({"image_features", "text_sequences"})


@pytest.mark.parametrize(
    ("job", "variable"),
    [("embed_images", "ML_PIPELINE_IMAGES_URI"), ("sequence_texts", "ML_PIPELINE_TEXTS_URI")],
)
def test_an_input_that_is_not_there_fails_the_run_before_a_job_is_submitted(
    local_service: LocalService, job: str, variable: str
) -> None:
    local_service.client("s3").create_bucket(Bucket="mine")
    made = definitions(local_service.settings(**SET)).resolve_job_def(job)
    tags = {"dagster/partition": DAY}
    with pytest.raises(dg.Failure, match=f"no object at s3://mine/.* change {variable}"):
        made.execute_in_process(tags=tags)
    jobs = local_service.client("sagemaker").list_processing_jobs()["ProcessingJobSummaries"]
    assert not [one for one in jobs if one["ProcessingJobName"].startswith(("image", "text"))]
