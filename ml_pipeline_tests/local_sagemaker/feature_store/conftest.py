"""A feature store whose rows go to S3 at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local_sagemaker.s3.store import ObjectStore
from ml_pipeline_tests.local_sagemaker.feature_store.house import BUCKET, House


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    objects = ObjectStore(tmp_path / "s3")
    objects.create_bucket(BUCKET)
    made = House(tmp_path / "features.db", objects)
    yield made
    made.features.stop()
