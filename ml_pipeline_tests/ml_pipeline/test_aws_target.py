"""The requests that AWS would be sent, held to its own service model."""

from typing import Any

import boto3
import dagster as dg
import pytest

from dagster_sagemaker import JobRequest
from dagster_sagemaker.identity import StepIdentity
from dagster_sagemaker.kinds import PROCESSING, TRAINING, JobKind
from dagster_sagemaker.messages import PipesLocation
from dagster_sagemaker.plan import JobPlan
from dagster_sagemaker.validation import check_request
from ml_pipeline.assets import model_artifact, model_evaluation, preprocessed_dataset
from ml_pipeline.publishing.artifacts import Dataset, Model, Output, RawDay, StoredObject
from ml_pipeline.resources import LocalConnection, build_connection
from ml_pipeline.settings import Settings

# As long as S3 and IAM allow them to be.
BUCKET = "a-bucket-whose-name-is-as-long-as-the-rules-of-s3-permit-it-63c"
ROLE = f"arn:aws:iam::123456789012:role/service-role/{'AmazonSageMaker-' * 3}Role"


@pytest.fixture
def settings() -> Settings:
    return Settings(target="aws", bucket=BUCKET, role_arn=ROLE, region="eu-west-1")


def output(uri: str, *names: str) -> Output:
    prefix = uri.removeprefix(f"s3://{BUCKET}/")
    return Output(
        uri=uri,
        objects=tuple(StoredObject(key=prefix + name, size=1, etag="e") for name in names),
    )


def raw_day(day: str) -> RawDay:
    uri = f"s3://{BUCKET}/raw_flights/"
    return RawDay(
        outputs={
            "files": output(f"{uri}ds={day}/", "flights.csv", "weather.csv"),
            "planes": output(uri, "planes.csv"),
        }
    )


def requests(settings: Settings) -> dict[str, tuple[JobKind, JobRequest]]:
    base = f"s3://{BUCKET}/preprocessed_dataset/ds=2013-02-11/job"
    dataset = Dataset(
        outputs={
            name: output(f"{base}/{name}/", "part.parquet")
            for name in ("train", "validation", "holdout")
        }
    )
    model = Model(outputs={"model": output(f"s3://{BUCKET}/model_artifact/", "model.tar.gz")})
    days = {f"2013-02-{day:02d}": raw_day(f"2013-02-{day:02d}") for day in range(1, 12)}
    return {
        "preprocessed_dataset": (PROCESSING, preprocessed_dataset.build_request(settings, days)),
        "model_artifact": (TRAINING, model_artifact.build_request(settings, dataset)),
        "model_evaluation": (
            PROCESSING,
            model_evaluation.build_request(settings, dataset, model),
        ),
    }


def rendered(asset: str, settings: Settings) -> tuple[JobKind, dict[str, Any]]:
    kind, job = requests(settings)[asset]
    run = "00000000-0000-0000-0000-000000000000"
    step = StepIdentity((asset,), "2013-02-11", "2013-02-11", run, run)
    plan = JobPlan(kind=kind, job=job, step=step)
    name = plan.name(1)
    location = PipesLocation(bucket=settings.bucket_name, key_prefix=f"pipes/{name}")
    return kind, plan.request(name, location.environment())


ASSETS = ["preprocessed_dataset", "model_artifact", "model_evaluation"]


@pytest.mark.parametrize("asset", ASSETS)
def test_the_service_model_has_nothing_against_the_request(settings: Settings, asset: str) -> None:
    kind, request = rendered(asset, settings)
    client = boto3.client("sagemaker", region_name="eu-west-1")
    check_request(client.meta.service_model, kind.operation, request)
    assert request["RoleArn"] == ROLE


@pytest.mark.parametrize("asset", ASSETS)
def test_the_image_is_the_regions_own(settings: Settings, asset: str) -> None:
    _, request = rendered(asset, settings)
    specification = request.get("AppSpecification") or request["AlgorithmSpecification"]
    image = specification.get("ImageUri") or specification["TrainingImage"]
    assert image == (
        "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.4-2-cpu-py3"
    )


def test_a_bad_role_is_found_before_anything_is_sent(settings: Settings) -> None:
    kind, request = rendered("model_artifact", settings)
    client = boto3.client("sagemaker", region_name="eu-west-1")
    with pytest.raises(dg.Failure, match="RoleArn"):
        check_request(client.meta.service_model, kind.operation, {**request, "RoleArn": "my-role"})


def test_the_local_target_cannot_reach_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "real")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "real")
    monkeypatch.setenv("AWS_PROFILE", "production")
    connection = build_connection(Settings())
    assert isinstance(connection, LocalConnection)
    assert connection.endpoint_url == "http://127.0.0.1:8585"
    assert connection.aws_access_key_id == "local"


def test_the_aws_target_leaves_credentials_to_boto3(settings: Settings) -> None:
    connection = build_connection(settings)
    assert not isinstance(connection, LocalConnection)
    assert (connection.region, connection.endpoint_url) == ("eu-west-1", None)
    assert connection.aws_access_key_id is None
