"""Fixtures for building runtimes."""

from ml_pipeline_tests.local_sagemaker.jobs.conftest import sandbox

__all__ = ["sandbox"]
