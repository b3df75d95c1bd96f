import pytest
from pydantic import ValidationError

from ml_pipeline.feature_settings import folder_of_day, of_day
from ml_pipeline.settings import Settings


@pytest.mark.parametrize(
    "uri", ["s3://b", "s3://b/x/", "s3://b/ds={{ ds }}/x", "s3://b/{{ds}}", ""]
)
def test_where_inputs_may_lie(uri: str) -> None:
    assert Settings(images_uri=uri).images_uri == uri


@pytest.mark.parametrize("uri", ["b/x", "/home/me/images", "s3://b/{{ ds_nodash }}", "s3:///x"])
def test_what_is_no_place_of_an_input_is_refused(uri: str) -> None:
    with pytest.raises(ValidationError, match="must look like s3://bucket/prefix/"):
        Settings(texts_uri=uri)


@pytest.mark.parametrize("uri", ["s3://b/models/", "s3://models"])
def test_a_model_is_one_file(uri: str) -> None:
    with pytest.raises(ValidationError, match="must name the model's file"):
        Settings(image_model_uri=uri)


def test_the_day_takes_its_place() -> None:
    assert of_day("s3://b/ds={{ ds }}/{{ds}}.pt2", "2013-02-11") == (
        "s3://b/ds=2013-02-11/2013-02-11.pt2"
    )
    assert folder_of_day("s3://b/images", "2013-02-11") == "s3://b/images/"
    assert folder_of_day("s3://b/{{ ds }}/", "2013-02-11") == "s3://b/2013-02-11/"
