"""A second code location, which follows the models of the first."""

import runpy
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from ml_pipeline.publishing.artifacts import Model, Output, StoredObject
from ml_pipeline.publishing.manifests import Manifests
from ml_pipeline.settings import Settings
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.project import (
    BUCKET,
    DAY,
    QUICK_DAEMON,
    ROOT,
    Project,
    manifest,
    materialize,
)

EXAMPLES = ROOT / "examples"
KEY = dg.AssetKey("served_model")


@pytest.fixture
def bucket(local_service: LocalService, monkeypatch: pytest.MonkeyPatch) -> str:
    name = f"test-{uuid.uuid4().hex[:12]}"
    local_service.client("s3").create_bucket(Bucket=name)
    for variable, value in local_service.environment.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.setenv("CONSUMER_BUCKET", name)
    return name


def publish(local_service: LocalService, bucket: str, body: bytes) -> StoredObject:
    """Publish a model as the pipeline does."""
    s3, key = local_service.client("s3"), f"models/{uuid.uuid4().hex}/model.tar.gz"
    etag = s3.put_object(Bucket=bucket, Key=key, Body=body)["ETag"].strip('"')
    stored = StoredObject(key=key, size=len(body), etag=etag)
    model = Model(
        outputs={"model": Output(uri=f"s3://{bucket}/{key}", objects=(stored,))}, job_name="a-job"
    )
    Manifests(s3, bucket).publish("model_artifact", DAY, model)
    return stored


def serve() -> dg.ExecuteInProcessResult:
    asset = runpy.run_path(str(EXAMPLES / "consumer" / "definitions.py"))["served_model"]
    return dg.materialize([asset], partition_key=DAY, raise_on_error=False)


def served(local_service: LocalService, bucket: str) -> bytes:
    key = f"served_model/ds={DAY}/model.tar.gz"
    return bytes(local_service.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())


def test_the_model_of_the_manifest_is_served(local_service: LocalService, bucket: str) -> None:
    publish(local_service, bucket, b"a model")
    result = serve()
    assert result.success
    (event,) = result.asset_materializations_for_node("served_model")
    assert event.metadata["made_by"].value == "a-job"
    assert served(local_service, bucket) == b"a model"


def test_another_object_than_the_published_one_is_not_served(
    local_service: LocalService, bucket: str
) -> None:
    stored = publish(local_service, bucket, b"a model")
    local_service.client("s3").put_object(Bucket=bucket, Key=stored.key, Body=b"another one")
    result = serve()
    (event,) = result.filter_events(lambda event: event.is_step_failure)
    assert "PreconditionFailed" in event.step_failure_data.error_display_string
    with pytest.raises(local_service.client("s3").exceptions.NoSuchKey):
        served(local_service, bucket)


def test_its_days_are_those_of_the_pipeline() -> None:
    days = runpy.run_path(str(EXAMPLES / "consumer" / "definitions.py"))["days"]
    settings = Settings()
    assert days.get_first_partition_key() == settings.start_date.isoformat()
    assert days.end is not None
    assert days.end.date() == settings.end_date


@pytest.fixture
def followed(local_service: LocalService, tmp_path: Path, trained: str) -> Iterator[Project]:
    """A Dagster of its own whose daemon looks at both locations; `trained` has left the data."""
    project = Project(
        tmp_path,
        {
            "ML_PIPELINE_HOME": str(local_service.home.root),
            "ML_PIPELINE_LOCAL_PORT": str(local_service.port),
            "CONSUMER_BUCKET": BUCKET,
            **local_service.environment,
        },
    )
    log = tmp_path / "daemon.log"
    workspace = str(EXAMPLES / "workspace.yaml")
    daemon = project.spawn("python", "-m", QUICK_DAEMON, "run", "-w", workspace, log=log)
    try:
        wait_until(lambda: "Finished auto-materialization tick" in log.read_text())
        yield project
    finally:
        daemon.terminate()
        daemon.wait(30)


@pytest.mark.long
def test_a_new_model_is_served_by_the_other_location_by_itself(
    local_service: LocalService, followed: Project
) -> None:
    tags = {"dagster/partition": DAY}
    assert materialize(followed, local_service.settings(), tags, "model_artifact").success
    with dg.DagsterInstance.from_config(str(followed.dagster_home)) as instance:
        event = wait_until(lambda: instance.get_latest_materialization_event(KEY))
        run = instance.get_run_by_id(event.run_id)
    assert event.asset_materialization.partition == DAY
    model = manifest(local_service, "model_artifact", DAY)
    assert event.asset_materialization.metadata["made_by"].value == model["job_name"]
    (stored,) = model["outputs"]["model"]["objects"]
    copied = {"Bucket": BUCKET, "Key": f"served_model/ds={DAY}/model.tar.gz"}
    assert local_service.client("s3").head_object(**copied)["ContentLength"] == stored["size"]
    assert run is not None
    assert run.tags["follows"] == "model_artifact"


def wait_until(condition: Callable[[], Any], seconds: float = 120) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.5)
    return found
