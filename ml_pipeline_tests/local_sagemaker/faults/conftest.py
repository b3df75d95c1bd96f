"""Faults that end with their test."""

from collections.abc import Iterator

import pytest

from local_sagemaker.faults.client import FaultsClient
from ml_pipeline_tests.conftest import LocalService


@pytest.fixture
def faults(scripted_service: LocalService) -> Iterator[FaultsClient]:
    client = FaultsClient(scripted_service.port)
    yield client
    client.clear()
