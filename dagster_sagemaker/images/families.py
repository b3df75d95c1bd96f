"""The families of managed images that jobs run in, and their versions.

Source: ``image_uri_config/*.json`` of sagemaker-core 2.27.0 (the SageMaker Python SDK 3, November
2026). Older versions than these are left out, although the registries still have them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from dagster_sagemaker.images.registries import ALGORITHMS, DEEP_LEARNING, SPARK

Framework = Literal["sklearn", "xgboost", "spark", "pytorch", "tensorflow"]


@dataclass(frozen=True)
class Version:
    """One version of a family.

    Args:
        python: What its tag says of Python; empty if it says nothing. Of several, the first
            stands for the others in the message about one that is unknown.
        missing: Regions that have other versions, but not this one.
    """

    python: Sequence[str] = ()
    missing: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Family:
    """Images of one framework.

    Args:
        name: The framework's name, for messages.
        repository: Where they lie in the registry.
        accounts: The registry's account by region.
        versions: By the version's name in the tag.
        processors: Processor types in the tag; empty if tags say nothing of it, because one image
            runs on all.
        python_on_request: Whether tags name Python only together with the image's own version.
    """

    name: str
    repository: str
    accounts: Mapping[str, str]
    versions: Mapping[str, Version]
    processors: tuple[Literal["cpu", "gpu"], ...] = ()
    python_on_request: bool = field(default=False)


_EUROPEAN = frozenset({"eu-isoe-west-1", "eusc-de-east-1"})
_SECRET = frozenset({"us-iso-east-1", "us-isob-east-1", "us-isof-east-1", "us-isof-south-1"})
_NEW = _EUROPEAN | {"me-west-1"}


def _with_short_names(versions: Mapping[str, Version]) -> dict[str, Version]:
    """``2.10`` besides ``2.10.0``: the images have both tags."""
    short = {name.rpartition(".")[0]: version for name, version in versions.items()}
    return {**versions, **short}


FAMILIES: Mapping[Framework, Family] = {
    "sklearn": Family(
        name="scikit-learn",
        repository="sagemaker-scikit-learn",
        accounts=ALGORITHMS,
        versions={
            name: Version(("py3",)) for name in ("1.0-1", "1.2-1", "1.4-2", "1.4-2-py312", "1.9-0")
        },
        processors=("cpu",),
    ),
    "xgboost": Family(
        name="XGBoost",
        repository="sagemaker-xgboost",
        accounts=ALGORITHMS,
        versions={name: Version() for name in ("1.5-1", "1.7-1", "3.0-5", "3.2-0")},
    ),
    "spark": Family(
        name="Spark",
        repository="sagemaker-spark-processing",
        accounts=SPARK,
        versions={
            "3.1": Version(("py37",)),
            "3.2": Version(("py39",)),
            "3.3": Version(("py39",)),
            "3.5": Version(("py39", "py312")),
        },
        processors=("cpu",),
        python_on_request=True,
    ),
    "pytorch": Family(
        name="PyTorch",
        repository="pytorch-training",
        accounts=DEEP_LEARNING,
        versions=_with_short_names(
            {
                "2.3.0": Version(("py311",), _NEW),
                "2.4.0": Version(("py311",), _NEW | _SECRET),
                "2.5.1": Version(("py311",), _NEW | _SECRET),
                "2.6.0": Version(("py312",), _NEW | _SECRET),
                "2.7.1": Version(("py312",), _NEW | _SECRET),
                "2.8.0": Version(("py312",), _EUROPEAN | _SECRET),
                "2.9.0": Version(("py312",)),
                "2.10.0": Version(("py313",)),
            }
        ),
        processors=("cpu", "gpu"),
    ),
    "tensorflow": Family(
        name="TensorFlow",
        repository="tensorflow-training",
        accounts=DEEP_LEARNING,
        versions=_with_short_names(
            {
                "2.14.1": Version(("py310",), _NEW),
                "2.16.2": Version(("py310",), _NEW | _SECRET),
                "2.18.0": Version(("py310",), _NEW | _SECRET),
                "2.19.0": Version(("py312",), _NEW | _SECRET),
                "2.21.0": Version(("py312",)),
            }
        ),
        processors=("cpu", "gpu"),
    ),
}
