"""``sagemaker-base-python``: Python and nothing else."""

from local_sagemaker.runtimes.images.entry import CatalogImage

BASE_PYTHON = (
    CatalogImage("sagemaker-base-python-38", "base_python", python="3.8", programs={}),
    CatalogImage("sagemaker-base-python-310", "base_python", python="3.10", programs={}),
    CatalogImage("sagemaker-base-python-312", "base_python", python="3.12", programs={}),
    CatalogImage("sagemaker-base-python-3*", "base_python", programs={}),
)
