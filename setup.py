"""Which packages the wheel holds; the rest of the metadata is in pyproject.toml."""

from setuptools import find_packages, setup

PRODUCTS = ("ml_pipeline", "dagster_sagemaker", "local_sagemaker")
SCRIPTS = ("preprocessing_scripts", "training_scripts")
INSTALLED_SCRIPTS = "ml_pipeline._scripts"  # where `ml_pipeline/scripts.py` looks for them


def below(*folders: str) -> list[str]:
    """The packages of these folders; what only starts with their names, such as tests, is none."""
    return find_packages(include=[*folders, *(f"{folder}.*" for folder in folders)])


# In a container the scripts are top-level packages; where the wheel is installed they are data of
# the pipeline, and take no names that are not ours.
setup(
    packages=[*below(*PRODUCTS), *(f"{INSTALLED_SCRIPTS}.{name}" for name in below(*SCRIPTS))],
    package_dir={f"{INSTALLED_SCRIPTS}.{folder}": folder for folder in SCRIPTS},
)
