"""Loading what was published, by every annotation an input may have."""

from collections.abc import Callable
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from dagster_sagemaker import SageMakerConnection
from ml_pipeline.partitions import daily
from ml_pipeline.publishing.artifacts import (
    Artifact,
    Dataset,
    Features,
    Model,
    Output,
    RawDay,
    Sequences,
    StoredObject,
)
from ml_pipeline.publishing.io_managers import (
    S3DatasetIOManager,
    S3FeaturesIOManager,
    S3ModelIOManager,
    S3RawDayIOManager,
    S3SequencesIOManager,
)
from ml_pipeline.publishing.manifests import Manifests, ObjectChangedError
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.project import BUCKET, DAY


@pytest.fixture
def connection(local_service: LocalService) -> SageMakerConnection:
    return SageMakerConnection(
        region="us-east-1",
        endpoint_url=local_service.url,
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )


@pytest.fixture
def load(connection: SageMakerConnection) -> Callable[..., Any]:
    """Materialize an asset that loads an upstream partition, and give what it was given."""

    def loader(
        upstream: str,
        annotation: Any,
        partition: str = DAY,
        mapping: dg.PartitionMapping | None = None,
    ) -> Any:
        got: list[Any] = []

        def consumer(value: Any) -> None:
            got.append(value)

        consumer.__annotations__["value"] = annotation or Any
        asset = dg.asset(
            partitions_def=daily,
            ins={"value": dg.AssetIn(upstream, partition_mapping=mapping)},
        )(consumer)
        source = dg.AssetSpec(upstream, partitions_def=daily).with_io_manager_key("io")
        managers: dict[str, Callable[..., dg.IOManager]] = {
            "raw_flights": S3RawDayIOManager,
            "preprocessed_dataset": S3DatasetIOManager,
            "model_artifact": S3ModelIOManager,
        }
        dg.materialize(
            [asset, source],
            partition_key=partition,
            resources={
                "io": managers[upstream](connection=connection, bucket=BUCKET),
                "io_manager": dg.mem_io_manager,
            },
        )
        return got[0]

    return loader


def test_a_dataset_loads_as_a_frame_of_train_and_validation(load: Any, trained: str) -> None:
    frame = load("preprocessed_dataset", pd.DataFrame)
    assert set(frame.index.get_level_values("channel")) == {"train", "validation"}
    assert "label" in frame.columns
    assert frame.loc["train"].index.is_unique


def test_a_model_loads_as_the_fitted_estimator_and_predicts(load: Any, trained: str) -> None:
    model = load("model_artifact", None)
    frame = load("preprocessed_dataset", None).loc["validation"]
    probabilities = model.predict_proba(frame[list(model.feature_names_in_)])
    assert probabilities.shape == (len(frame), 2)


def test_references_come_when_asked_for(load: Any, trained: str) -> None:
    assert isinstance(load("preprocessed_dataset", Dataset), Dataset)
    assert isinstance(load("model_artifact", Model), Model)


@pytest.mark.parametrize(("partition", "days"), [("2013-01-01", 1), ("2013-01-03", 3)])
def test_several_partitions_are_a_dict_also_when_there_is_one(
    load: Any, project: Any, partition: str, days: int
) -> None:
    mapping = dg.TimeWindowPartitionMapping(start_offset=-5)
    loaded = load("raw_flights", dict[str, RawDay], partition, mapping)
    assert sorted(loaded) == [f"2013-01-{day:02d}" for day in range(1, days + 1)]
    assert all(isinstance(value, RawDay) for value in loaded.values())


def test_missing_partitions_are_all_named_with_the_command_that_makes_them(
    load: Any, project: Any
) -> None:
    mapping = dg.TimeWindowPartitionMapping(start_offset=-1)
    with pytest.raises(dg.Failure) as failure:
        load("raw_flights", dict[str, RawDay], "2013-07-02", mapping)
    text = failure.value.description or ""
    assert "2013-07-01, 2013-07-02" in text
    assert "--select raw_flights --partition 2013-07-01" in text


def test_an_object_changed_after_publication_is_not_loaded(
    connection: SageMakerConnection, project: Any
) -> None:
    s3 = connection.client("s3")
    etag = s3.put_object(Bucket=BUCKET, Key="scratch/a", Body=b"1")["ETag"].strip('"')
    stored = StoredObject(key="scratch/a", size=1, etag=etag)
    manifests = Manifests(s3, BUCKET)
    assert manifests.read(stored) == b"1"
    s3.put_object(Bucket=BUCKET, Key="scratch/a", Body=b"2")
    with pytest.raises(ObjectChangedError, match="scratch/a"):
        manifests.read(stored)
    s3.delete_object(Bucket=BUCKET, Key="scratch/a")
    with pytest.raises(ObjectChangedError, match="scratch/a"):
        manifests.read(stored)


def test_publishing_again_replaces_the_manifest_whole(
    connection: SageMakerConnection, project: Any
) -> None:
    manifests = Manifests(connection.client("s3"), BUCKET)
    for name in ("first", "second"):
        output = Output(uri=f"s3://{BUCKET}/{name}/", objects=())
        manifests.publish("scratch", DAY, Artifact(outputs={name: output}))
    found = manifests.find("scratch", DAY, Artifact)
    assert found is not None
    assert list(found.outputs) == ["second"]
    assert manifests.find("scratch", "2013-01-01", Artifact) is None


def test_features_are_frames_and_sequences_are_files(
    connection: SageMakerConnection, local_service: LocalService
) -> None:
    s3 = local_service.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    manifests = Manifests(s3, BUCKET)
    table = pd.DataFrame({"key": ["a.png"], "embedding": [[0.5, 1.0]]})

    def output(key: str, body: bytes) -> Output:
        etag = s3.put_object(Bucket=BUCKET, Key=key, Body=body)["ETag"].strip('"')
        stored = StoredObject(key=key, size=len(body), etag=etag)
        return Output(uri=f"s3://{BUCKET}/io/", objects=(stored,))

    for name, body in (("x.parquet", table.to_parquet()), ("x.csv", b"key\na.png\n")):
        features = Features(outputs={"features": output(f"io/{name}", body)})
        manager = S3FeaturesIOManager(connection=connection, bucket=BUCKET)
        assert manager.open(features, manifests)["key"].tolist() == ["a.png"]
    sequences = Sequences(outputs={"train": output("io/part-0.tfrecord", b"x")})
    files = S3SequencesIOManager(connection=connection, bucket=BUCKET).open(sequences, manifests)
    assert files == {"train": [f"s3://{BUCKET}/io/part-0.tfrecord"]}
