"""TensorFlow in what stands in for its image: texts become sequences, and train a model."""

import json

import pytest

from dagster_sagemaker import CodeBundle, TensorFlowTraining, TrainingChannel
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.dagster_sagemaker.test_local_runs import HERE, image_service, run
from ml_pipeline_tests.ml_pipeline.framework_images import log_of, make, model_file, report
from ml_pipeline_tests.preprocessing_scripts.texts.real_texts import paragraphs
from ml_pipeline_tests.project import BUCKET, DAY, manifest

__all__ = ["image_service"]

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

TRAIN = """
import argparse, glob, os
import tensorflow as tf

parser = argparse.ArgumentParser()
parser.add_argument("--length", type=int)
parser.add_argument("--vocabulary", type=int)
args = parser.parse_args()
features = {
    "tokens": tf.io.FixedLenFeature([args.length], tf.int64),
    "length": tf.io.FixedLenFeature([], tf.int64),
    "label": tf.io.FixedLenFeature([], tf.int64),
}
files = glob.glob(os.path.join(os.environ["SM_CHANNEL_TRAIN"], "*.tfrecord"))
examples = [tf.io.parse_single_example(one, features) for one in tf.data.TFRecordDataset(files)]
tokens = tf.stack([one["tokens"] for one in examples])
labels = tf.stack([one["label"] for one in examples])
lengths = tf.stack([one["length"] for one in examples])
assert bool(tf.reduce_all(tf.math.count_nonzero(tokens, axis=1) == lengths))
tf.keras.utils.set_random_seed(0)
model = tf.keras.Sequential([
    tf.keras.layers.Embedding(args.vocabulary, 16),
    tf.keras.layers.GlobalAveragePooling1D(),
    tf.keras.layers.Dense(int(tf.reduce_max(labels)) + 1, activation="softmax"),
])
optimizer = tf.keras.optimizers.Adam(0.05)
model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
model.fit(tokens, labels, epochs=20, batch_size=32, verbose=0)
print(f"examples={len(examples)}; accuracy={model.evaluate(tokens, labels, verbose=0)[1]:.4f};")
model.save(os.path.join(os.environ["SM_MODEL_DIR"], "model.keras"))
"""


@pytest.fixture(scope="module")
def sequences(image_service: LocalService) -> LocalService:
    """The service, with the sequences of a day."""
    s3 = image_service.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    table = paragraphs().rename(columns={"text": "body"})
    s3.put_object(Bucket=BUCKET, Key="texts/half.parquet", Body=table[:150].to_parquet())
    s3.put_object(Bucket=BUCKET, Key="texts/rest.csv", Body=table[150:].to_csv(index=False))
    settings = image_service.settings(
        texts_uri=f"s3://{BUCKET}/texts",
        text_column="body",
        text_sequences_arguments="--label label --max-length 64 --vocabulary-size 1000",
    )
    make("sequence_texts", settings)
    return image_service


def test_every_paragraph_becomes_a_sequence(sequences: LocalService) -> None:
    made = manifest(sequences, "text_sequences", DAY)
    metrics = report(sequences, made)["metrics"]
    assert metrics["train_rows"] + metrics["validation_rows"] == len(paragraphs())
    assert metrics["vocabulary_size"] == 1002
    stored = {
        entry["key"].rpartition("/")[2]: entry["key"]
        for entry in made["outputs"]["vocabulary"]["objects"]
    }
    body = sequences.client("s3").get_object(Bucket=BUCKET, Key=stored["settings.json"])["Body"]
    assert json.loads(body.read())["max_length"] == 64
    log = log_of(sequences, "ProcessingJobs", made["job_name"])
    assert not any("tensorflow-training:2.21 has tensorflow" in line for line in log)


def test_the_sequences_train_a_model(sequences: LocalService) -> None:
    made = manifest(sequences, "text_sequences", DAY)
    metrics = report(sequences, made)["metrics"]
    job = TensorFlowTraining(
        framework_version="2.21",
        metric_definitions={"examples": "examples=([0-9]+);", "accuracy": "accuracy=([0-9.]+);"},
        **HERE,
    ).build(
        code=CodeBundle.inline(TRAIN),
        code_uri=f"s3://{BUCKET}/code",
        channels=[TrainingChannel(name="train", s3_uri=made["outputs"]["train"]["uri"])],
        output_uri=f"s3://{BUCKET}/models/",
        hyperparameters={"length": 64, "vocabulary": metrics["vocabulary_size"]},
    )
    finished = run(sequences, job)
    assert finished.metadata["examples"] == metrics["train_rows"]
    assert finished.metadata["accuracy"] > 0.5
    assert model_file(sequences, "models", finished.name, "model.keras")[:2] == b"PK"
