"""Statistics of delays, counted by Spark, and the dataset that takes them."""

import io
import json
from collections.abc import Iterator

import dagster as dg
import pandas as pd
import pytest

from local_sagemaker.daemon import control
from local_sagemaker.home import Home
from ml_pipeline import code_bundles
from ml_pipeline.assets import preprocessed_dataset, route_statistics
from ml_pipeline.publishing.artifacts import Output, RawDay, Statistics, StoredObject
from ml_pipeline.publishing.io_managers import S3StatisticsIOManager
from ml_pipeline.publishing.manifests import Manifests
from ml_pipeline.resources import build_connection
from ml_pipeline.settings import Settings
from ml_pipeline_tests.conftest import THIS_PYTHON, LocalService
from ml_pipeline_tests.preprocessing_scripts.delays import counted
from ml_pipeline_tests.project import BUCKET, DAY, Project, manifest, materialize
from preprocessing_scripts.prior_delays import NAMES

RAW = {
    ds: RawDay(
        outputs={
            "files": Output(
                uri=f"s3://ml-pipeline/raw_flights/ds={ds}/",
                objects=(
                    StoredObject(key=f"raw_flights/ds={ds}/flights.csv", size=1, etag=f"of {ds}"),
                ),
            )
        }
    )
    for ds in ("2013-01-09", "2013-01-08")
}
COUNTED = Statistics(
    outputs={
        "daily": Output(
            uri="s3://ml-pipeline/route_statistics/ds=2013-01-10/job/daily/",
            objects=(StoredObject(key="part-0.parquet", size=1, etag="x"),),
        )
    }
)


def test_the_job_counts_the_days_that_it_is_given(local_service: LocalService) -> None:
    image = "000000000000.dkr.ecr.us-east-1.amazonaws.com/team/spark:1"
    settings = local_service.settings(spark_instance_count=5, spark_image_uri=image)
    job = route_statistics.build_request(settings, RAW)
    application = job.request["AppSpecification"]
    assert application["ImageUri"] == image
    assert application["ContainerEntrypoint"] == [
        "smspark-submit",
        "/opt/ml/processing/input/code/route_statistics.py",
    ]
    assert "--first=2013-01-08" in application["ContainerArguments"]
    assert job.request["ProcessingResources"]["ClusterConfig"]["InstanceCount"] == 5
    outputs = job.request["ProcessingOutputConfig"]["Outputs"]
    assert {output["OutputName"]: output["AppManaged"] for output in outputs} == {
        "daily": True,
        "statistics": True,
        "report": False,
    }


def test_without_an_image_it_is_sparks(local_service: LocalService) -> None:
    job = route_statistics.build_request(local_service.settings(region="eu-west-1"), RAW)
    assert job.request["AppSpecification"]["ImageUri"] == (
        "571004829621.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-spark-processing:3.5-cpu"
    )


def test_the_dataset_takes_them_only_if_asked(local_service: LocalService) -> None:
    settings = local_service.settings()
    without = preprocessed_dataset.build_request(settings, RAW)
    taken = preprocessed_dataset.build_request(settings, RAW, COUNTED)
    names = [
        [one["InputName"] for one in job.request["ProcessingInputs"]] for job in (without, taken)
    ]
    assert names == [["raw", "code"], ["raw", "statistics", "code"]]
    argument = "--statistics=/opt/ml/processing/input/statistics"
    assert argument in taken.request["AppSpecification"]["ContainerArguments"]
    assert argument not in without.request["AppSpecification"]["ContainerArguments"]
    assert without.version != taken.version


def test_statistics_that_are_wanted_and_not_there(local_service: LocalService) -> None:
    settings = local_service.settings(use_route_statistics=True)
    with pytest.raises(
        dg.Failure, match=r"route_statistics lacks 2013-05-05, which ML_PIPELINE_USE"
    ):
        preprocessed_dataset.find_statistics(settings, build_connection(settings), "2013-05-05")


@pytest.fixture
def spark_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalService]:
    """A local service that builds the image of Spark, and no other."""
    home = Home(tmp_path_factory.mktemp("spark_service") / "home").create()
    (home.root / "runtimes.json").write_text(json.dumps(THIS_PYTHON))
    try:
        yield LocalService(home, control.ensure_started(home.root, 0))
    finally:
        control.stop(home.root)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_a_cluster_counts_what_pandas_counts_and_the_dataset_takes_it(
    spark_service: LocalService, tmp_path_factory: pytest.TempPathFactory
) -> None:
    service = spark_service
    settings: Settings = service.settings(use_route_statistics=True)
    home = {"ML_PIPELINE_HOME": str(service.home.root), "ML_PIPELINE_LOCAL_PORT": str(service.port)}
    project = Project(tmp_path_factory.mktemp("project"), home)
    tags = {"dagster/partition": DAY}
    done = materialize(project, settings, tags, "route_statistics")
    assert done.success, done.errors
    made = Statistics.model_validate(manifest(service, "route_statistics", DAY))
    s3 = service.client("s3")
    (stored,) = made.outputs["daily"].objects
    body = s3.get_object(Bucket=BUCKET, Key=stored.key)["Body"].read()
    daily = pd.read_parquet(io.BytesIO(body))
    expected = counted(raw_flights(service))
    index = ["day", "level", "key"]
    found = daily[daily["arrived"] > 0].set_index(index)[["arrived", "late"]]
    pd.testing.assert_frame_equal(
        found, expected.set_index(index).sort_index()[["arrived", "late"]], check_dtype=False
    )
    manager = S3StatisticsIOManager(connection=build_connection(settings), bucket=BUCKET)
    window = manager.open(made, Manifests(s3, BUCKET)).set_index(["level", "key"])
    united = window.loc[("carrier", "UA")]
    assert united["late_rate"] == united["late"] / united["arrived"]
    assert 5 < united["mean_plane_age"] < 25
    assert made.code_version == code_bundles.route_statistics.version
    # DAY itself was neither counted nor landed.
    assert daily["day"].max() < DAY
    done = materialize(project, settings, tags, "raw_flights", "preprocessed_dataset")
    assert done.success, done.errors
    names = {column["name"] for column in manifest(service, "preprocessed_dataset", DAY)["columns"]}
    assert names >= set(NAMES)


def raw_flights(service: LocalService) -> pd.DataFrame:
    """All that has been landed."""
    s3 = service.client("s3")
    listed = s3.list_objects_v2(Bucket=BUCKET, Prefix="raw_flights/")["Contents"]
    keys = [entry["Key"] for entry in listed if entry["Key"].endswith("/flights.csv")]
    bodies = [s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys]
    return pd.concat([pd.read_csv(io.BytesIO(body)) for body in bodies], ignore_index=True)
