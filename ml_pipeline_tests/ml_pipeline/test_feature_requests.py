"""The jobs of the assets that are made of images and texts, as they are submitted."""

import json
from collections.abc import Mapping
from typing import Any

from ml_pipeline.assets import image_features, text_sequences
from ml_pipeline.settings import Settings


def images(**settings: Any) -> Mapping[str, Any]:
    request = image_features.build_request(
        Settings(**settings), "s3://mine/images/", "s3://mine/model.pt2", "1"
    )
    return request.request


def texts(**settings: Any) -> Mapping[str, Any]:
    return text_sequences.build_request(Settings(**settings), "s3://mine/texts/", "1").request


def sources(request: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    return {
        entry["InputName"]: (
            entry["S3Input"]["S3Uri"],
            entry["S3Input"]["S3DataDistributionType"],
        )
        for entry in request["ProcessingInputs"]
    }


def test_each_instance_gets_a_share_of_the_images_and_the_whole_model() -> None:
    request = images(image_features_instance_count=4)
    assert request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] == 4
    inputs = sources(request)
    assert inputs["images"] == ("s3://mine/images/", "ShardedByS3Key")
    manifest, distribution = inputs["model"]
    assert distribution == "FullyReplicated"
    assert manifest.startswith("s3://ml-pipeline/manifests/")


def test_the_model_is_that_file_and_none_whose_name_is_longer() -> None:
    job = image_features.build_request(Settings(), "s3://mine/images/", "s3://mine/a/m.pt", "1")
    (manifest,) = [upload for upload in job.uploads if upload.uri.endswith(".manifest")]
    assert json.loads(manifest.content) == [{"prefix": "s3://mine/a/"}, "m.pt"]


def test_a_type_with_gpus_takes_the_image_for_them() -> None:
    on_cpu, on_gpu = images(), images(image_features_instance_type="ml.g5.xlarge")
    tags = [
        request["AppSpecification"]["ImageUri"].rpartition(":")[2] for request in (on_cpu, on_gpu)
    ]
    assert tags == ["2.10-cpu-py313", "2.10-gpu-py313"]


def test_an_image_of_ones_own() -> None:
    own = "000000000000.dkr.ecr.us-east-1.amazonaws.com/team/torch:3"
    assert images(image_features_image_uri=own)["AppSpecification"]["ImageUri"] == own
    assert texts(text_sequences_image_uri=own)["AppSpecification"]["ImageUri"] == own


def test_more_arguments_are_read_as_a_shell_does() -> None:
    arguments = texts(text_column="body", text_sequences_arguments="--label 'a class' --oov 5")
    assert arguments["AppSpecification"]["ContainerArguments"] == [
        *("--text", "body", "--label", "a class", "--oov", "5"),
    ]
    assert "ContainerArguments" not in images()["AppSpecification"]


def test_every_job_has_a_place_of_its_own_for_each_output() -> None:
    uris = [
        output["S3Output"]["S3Uri"]
        for request in (images(), texts())
        for output in request["ProcessingOutputConfig"]["Outputs"]
    ]
    assert len(set(uris)) == len(uris) == 6
    assert all("/ds={{ ds }}/{{ job_name }}/" in uri for uri in uris)
