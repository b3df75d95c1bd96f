"""Builders against what the SageMaker SDK sends."""

import copy
import json
from pathlib import Path

import pytest

from dagster_sagemaker import (
    CodeBundle,
    ManifestInput,
    ProcessingInput,
    ProcessingOutput,
    ScriptProcessor,
    SKLearnProcessor,
    SKLearnTraining,
    TrainingChannel,
    deep_merge,
    image_uri,
)
from ml_pipeline_tests.dagster_sagemaker.captured import (
    ROLE,
    SCRIPT_PROCESSOR,
    SKLEARN_PROCESSOR,
    SKLEARN_TRAINING,
)


@pytest.fixture
def code(tmp_path: Path) -> CodeBundle:
    for name in ("preprocess.py", "train.py"):
        (tmp_path / name).write_text("print()")
    return CodeBundle(tmp_path, "preprocess.py")


@pytest.fixture
def training_code(code: CodeBundle, tmp_path: Path) -> CodeBundle:
    return CodeBundle([tmp_path / "train.py"], "train.py")


def test_sklearn_processor_builds_the_sdks_request(code: CodeBundle) -> None:
    processor = SKLearnProcessor(
        role_arn=ROLE,
        region="us-east-1",
        framework_version="1.2-1",
        max_runtime_seconds=1200,
        environment={"A": "1"},
        tags={"k": "v"},
    )
    built = processor.build(
        code=code,
        code_uri="s3://my-bucket/code",
        arguments=["--ratio", "0.3"],
        inputs=[
            ProcessingInput(
                name="input-1",
                s3_uri="s3://my-bucket/in/",
                local_path="/opt/ml/processing/input/raw",
            )
        ],
        outputs=[
            ProcessingOutput(
                name="train", local_path="/opt/ml/processing/output", s3_uri="s3://my-bucket/out/"
            ),
            ProcessingOutput(
                name="output-2",
                local_path="/opt/ml/processing/report",
                s3_uri="s3://my-bucket/out2",
                optional=True,
            ),
        ],
    )
    expected = copy.deepcopy(SKLEARN_PROCESSOR)
    del expected["ProcessingJobName"]
    directory = f"s3://my-bucket/code/{code.content_hash}/source/"
    expected["ProcessingInputs"][1]["S3Input"]["S3Uri"] = directory
    assert built.request == expected
    assert built.optional_outputs == ("output-2",)
    assert {upload.uri for upload in built.uploads} == {
        directory + name for name in ("preprocess.py", "train.py", "dagster_pipes.py")
    }


def test_script_processor_builds_the_sdks_request(code: CodeBundle) -> None:
    processor = ScriptProcessor(
        role_arn=ROLE,
        image_uri="123456789012.dkr.ecr.us-east-1.amazonaws.com/my-img:latest",
        command=("python3", "-u"),
        instance_type="ml.m5.large",
        instance_count=2,
    )
    built = processor.build(
        code=code,
        code_uri="s3://my-bucket/code",
        inputs=[
            ProcessingInput(
                name="input-1",
                s3_uri="s3://my-bucket/in/",
                local_path="/opt/ml/processing/input/raw",
                distribution="ShardedByS3Key",
            )
        ],
        outputs=[
            ProcessingOutput(
                name="output-1",
                local_path="/opt/ml/processing/output",
                s3_uri="s3://my-bucket/o",
                upload_mode="Continuous",
            )
        ],
    )
    expected = copy.deepcopy(SCRIPT_PROCESSOR)
    del expected["ProcessingJobName"]
    expected["ProcessingInputs"][1]["S3Input"]["S3Uri"] = code.directory_uri("s3://my-bucket/code")
    assert built.request == expected


def test_sklearn_training_builds_the_sdks_request(training_code: CodeBundle) -> None:
    training = SKLearnTraining(
        role_arn=ROLE,
        region="us-east-1",
        framework_version="1.2-1",
        max_runtime_seconds=3600,
        metric_definitions={"validation:accuracy": "validation:accuracy=(.*?);"},
        environment={"E": "1"},
    )
    built = training.build(
        code=training_code,
        code_uri="s3://my-bucket/code/",
        channels=[
            TrainingChannel(name="train", s3_uri="s3://my-bucket/in/"),
            TrainingChannel(
                name="test",
                s3_uri="s3://my-bucket/in/",
                distribution="ShardedByS3Key",
                content_type="text/csv",
            ),
        ],
        output_uri="s3://sagemaker-us-east-1-123456789012/",
        hyperparameters={
            "n-estimators": 50,
            "name": "abc",
            "flag": True,
            "l": [1, 2],
            "none": None,
        },
    )
    expected = copy.deepcopy(SKLEARN_TRAINING)
    for member in ("TrainingJobName", "DebugHookConfig", "ProfilerConfig"):
        del expected[member]
    archive = f"s3://my-bucket/code/{training_code.content_hash}/sourcedir.tar.gz"
    expected["HyperParameters"]["sagemaker_submit_directory"] = json.dumps(archive)
    expected["HyperParameters"]["sagemaker_job_name"] = '"{{ job_name }}"'
    assert built.request == expected
    assert [upload.uri for upload in built.uploads] == [archive]


def test_spot_sends_its_members_and_needs_a_wait_limit(training_code: CodeBundle) -> None:
    with pytest.raises(ValueError, match="max_wait_seconds"):
        SKLearnTraining(role_arn=ROLE, region="us-east-1", spot=True)
    training = SKLearnTraining(
        role_arn=ROLE,
        region="us-east-1",
        spot=True,
        max_runtime_seconds=600,
        max_wait_seconds=1200,
        checkpoint_s3_uri="s3://my-bucket/ckpt",
    )
    request = training.build(
        code=training_code, code_uri="s3://b/c", channels=[], output_uri="s3://b/o"
    ).request
    assert request["EnableManagedSpotTraining"] is True
    assert request["CheckpointConfig"] == {"S3Uri": "s3://my-bucket/ckpt"}
    assert request["StoppingCondition"] == {
        "MaxRuntimeInSeconds": 600,
        "MaxWaitTimeInSeconds": 1200,
    }


def test_overrides_reach_everything(code: CodeBundle) -> None:
    processor = ScriptProcessor(
        role_arn=ROLE,
        image_uri="i",
        max_runtime_seconds=5,
        overrides={"NetworkConfig": {"EnableNetworkIsolation": True}},
    )
    overrides = {
        "StoppingCondition": None,
        "ProcessingResources": {"ClusterConfig": {"InstanceCount": 3}},
    }
    request = processor.build(code=code, code_uri="s3://b/c", overrides=overrides).request
    assert "StoppingCondition" not in request
    assert request["NetworkConfig"] == {"EnableNetworkIsolation": True}
    cluster = request["ProcessingResources"]["ClusterConfig"]
    assert (cluster["InstanceCount"], cluster["VolumeSizeInGB"]) == (3, 30)


def test_a_manifest_lists_its_objects_under_a_name_of_its_content() -> None:
    manifest = ManifestInput(
        name="raw",
        prefix="s3://b/raw",
        objects=("ds=1/a.csv", "planes.csv"),
        local_path="/opt/ml/processing/input/raw",
        manifest_uri="s3://b/manifests",
    )
    (upload,) = manifest.uploads()
    assert json.loads(upload.content) == [{"prefix": "s3://b/raw/"}, "ds=1/a.csv", "planes.csv"]
    entry = manifest.to_request()["S3Input"]
    assert (entry["S3Uri"], entry["S3DataType"]) == (upload.uri, "ManifestFile")
    other = manifest.model_copy(update={"objects": ("ds=2/a.csv",)})
    assert other.uri != manifest.uri
    assert manifest.model_copy().uri == manifest.uri


def test_a_manifest_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="objects"):
        ManifestInput(
            name="raw", prefix="s3://b/raw", objects=(), local_path="/p", manifest_uri="s3://b/m"
        )


def test_deep_merge_changes_neither_argument() -> None:
    base, overrides = {"a": {"b": 1, "c": [1]}, "d": 1}, {"a": {"b": 2, "c": [2, 3]}, "d": {"e": 1}}
    before = copy.deepcopy((base, overrides))
    assert deep_merge(base, overrides) == {"a": {"b": 2, "c": [2, 3]}, "d": {"e": 1}}
    assert (base, overrides) == before


@pytest.mark.parametrize(
    ("region", "address"),
    [
        ("us-east-1", "683313688378.dkr.ecr.us-east-1.amazonaws.com"),
        ("cn-north-1", "450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", "414596584902.dkr.ecr.us-gov-west-1.amazonaws.com"),
        ("us-isob-east-1", "281123927165.dkr.ecr.us-isob-east-1.sc2s.sgov.gov"),
    ],
)
def test_the_image_is_the_regions_own(region: str, address: str) -> None:
    assert (
        image_uri("sklearn", region=region, version="1.4-2")
        == f"{address}/sagemaker-scikit-learn:1.4-2-cpu-py3"
    )


def test_an_unknown_region_asks_for_the_image(code: CodeBundle) -> None:
    processor = SKLearnProcessor(role_arn=ROLE, region="mars-north-1")
    with pytest.raises(ValueError, match="image_uri"):
        processor.build(code=code, code_uri="s3://b/c")
    with pytest.raises(ValueError, match="`region`, or `image_uri`"):
        SKLearnProcessor(role_arn=ROLE).resolved_image_uri()
    with pytest.raises(ValueError, match="image_uri"):
        ScriptProcessor(role_arn=ROLE).resolved_image_uri()
