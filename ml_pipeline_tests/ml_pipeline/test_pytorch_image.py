"""PyTorch in what stands in for its image: a model is trained, and embeds photographs."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from dagster_sagemaker import CodeBundle, PyTorchTraining, TrainingChannel
from ml_pipeline.publishing.artifacts import Features
from ml_pipeline.publishing.io_managers import S3FeaturesIOManager
from ml_pipeline.publishing.manifests import Manifests
from ml_pipeline.resources import build_connection
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.dagster_sagemaker.test_local_runs import HERE, image_service, run
from ml_pipeline_tests.ml_pipeline.framework_images import log_of, make, model_file, report
from ml_pipeline_tests.project import BUCKET, DAY, manifest

__all__ = ["image_service"]

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

TRAIN = """
import os
import numpy, torch
from torch import nn

rows = numpy.loadtxt(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "digits.csv"), delimiter=",")
labels = torch.tensor(rows[:, 0]).long()
images = torch.tensor(rows[:, 1:] / 16, dtype=torch.float32).reshape(-1, 1, 8, 8)
images = nn.functional.interpolate(images, size=(32, 32)).expand(-1, 3, -1, -1)
torch.manual_seed(0)
body = nn.Sequential(
    nn.Conv2d(3, 16, 3, stride=2), nn.ReLU(), nn.Conv2d(16, 32, 3, stride=2), nn.ReLU(),
    nn.AdaptiveAvgPool2d(2), nn.Flatten(),
)
model = nn.Sequential(body, nn.Linear(128, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(4):
    for batch in torch.randperm(len(images)).split(64):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images[batch]), labels[batch]).backward()
        optimizer.step()
accuracy = (model(images).argmax(1) == labels).float().mean().item()
print(f"accuracy={accuracy:.4f};")
batch = {0: torch.export.Dim("batch")}
exported = torch.export.export(body.eval(), (images[:2],), dynamic_shapes=(batch,))
torch.export.save(exported, os.path.join(os.environ["SM_MODEL_DIR"], "body.pt2"))
torch.jit.script(body).save(os.path.join(os.environ["SM_MODEL_DIR"], "body.pt"))
"""


def package_folder(name: str) -> Path:
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


@pytest.fixture(scope="module")
def trained(image_service: LocalService) -> str:
    """The job that trained a model."""
    import gzip

    packed = package_folder("sklearn") / "datasets" / "data" / "digits.csv.gz"
    lines = gzip.decompress(packed.read_bytes()).decode().split()
    turned = [",".join([line.rpartition(",")[2], line.rpartition(",")[0]]) for line in lines]
    s3 = image_service.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="digits/digits.csv", Body="\n".join(turned).encode())
    job = PyTorchTraining(
        framework_version="2.10", metric_definitions={"accuracy": "accuracy=([0-9.]+);"}, **HERE
    ).build(
        code=CodeBundle.inline(TRAIN),
        code_uri=f"s3://{BUCKET}/code",
        channels=[TrainingChannel(name="train", s3_uri=f"s3://{BUCKET}/digits/")],
        output_uri=f"s3://{BUCKET}/models/",
    )
    finished = run(image_service, job)
    assert finished.metadata["accuracy"] > 0.8
    return finished.name


def test_the_log_says_which_version_it_is(image_service: LocalService, trained: str) -> None:
    lines = log_of(image_service, "TrainingJobs", trained)
    (line,) = [line for line in lines if line.startswith("pytorch-training:2.10 has")]
    assert "torch 2.10" in line or "Python 3.13" in line


@pytest.mark.parametrize("name", ["body.pt2", "body.pt"])
def test_photographs_are_embedded_on_two_hosts(
    image_service: LocalService, trained: str, name: str
) -> None:
    s3 = image_service.client("s3")
    s3.put_object(Bucket=BUCKET, Key=name, Body=model_file(image_service, "models", trained, name))
    photographs = package_folder("sklearn") / "datasets" / "images"
    china = (photographs / "china.jpg").read_bytes()
    images = {path.name: path.read_bytes() for path in photographs.glob("*.[jt][px][gt]")}
    images |= {"again/china.jpg": china, "half.jpg": china[: len(china) // 2]}
    for key, body in images.items():
        s3.put_object(Bucket=BUCKET, Key=f"images/{DAY}/{key}", Body=body)
    settings = image_service.settings(
        images_uri=f"s3://{BUCKET}/images/{{{{ ds }}}}/",
        image_model_uri=f"s3://{BUCKET}/{name}",
        image_features_instance_count=2,
        image_features_arguments="--size 32 --batch-size 2",
    )
    make("embed_images", settings)
    made = manifest(image_service, "image_features", DAY)
    keys = {stored["key"].rpartition("/")[2] for stored in made["outputs"]["features"]["objects"]}
    assert keys == {"embeddings-algo-1.parquet", "embeddings-algo-2.parquet"}
    manager = S3FeaturesIOManager(connection=build_connection(settings), bucket=BUCKET)
    frame = manager.open(Features.model_validate(made), Manifests(s3, BUCKET))
    embeddings = frame.set_index("key")["embedding"].map(np.asarray)
    assert set(embeddings.index) == {"china.jpg", "flower.jpg", "again/china.jpg"}
    assert embeddings["china.jpg"].shape == (128,)
    assert np.array_equal(embeddings["china.jpg"], embeddings["again/china.jpg"])
    assert not np.allclose(embeddings["china.jpg"], embeddings["flower.jpg"])
    reported = report(image_service, made)
    assert reported["metrics"]["unreadable"] == 2
    named = sorted(line.partition(":")[0] for line in reported["details"]["unreadable"])
    assert named == ["README.txt", "half.jpg"]
    assert reported["details"]["precision"] == "float32"
