"""What the catalog says of an image."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.requirements import Requirement

SCRIPT_MODE = {"train": "script_mode"}
"""The programs of an image that runs users' training scripts, and nothing else by itself."""


_TRAINING_MODULES = {
    "pytorch": "sagemaker_pytorch_container.training:main",
    "scikit_learn": "sagemaker_sklearn_container.training:main",
    "tensorflow": "sagemaker_tensorflow_container.training:main",
    "xgboost": "sagemaker_xgboost_container.training:main",
}
"""What the training toolkit of a family's images hands over to; scripts find it in their
``SM_FRAMEWORK_MODULE``."""


@dataclass(frozen=True)
class CatalogImage:
    """An image, and what is installed in its place.

    Args:
        image: Repository and version, such as ``sagemaker-xgboost:1.7-1``; what follows in a tag
            (``-cpu-py3``) does not matter. Without a version, a pattern for the repository.
        family: Whose settings for pip count (``ML_PIPELINE_LOCAL_PIP_OPTIONS_<FAMILY>``).
        python: The image's Python; empty if its tags have several.
        has: Versions of the packages in the image that people choose it for. One like ``3.5``
            stands for every ``3.5.*``.
        packages: pip requirements of the environment; of one for a build with a label
            (``torch==2.10.0+cpu``), the nearest version that the package index has with the label.
        alone: Further packages of which nothing else is wanted than what lies in them.
        from_source: Packages that have no wheels, and need no compiler.
        programs: Programs of the image that are ours to give: names, and packages of ``programs``.
        entrypoint: The image's ENTRYPOINT.
        advice: What to do if the package index has no such build.
        environment: What its environment is called, if images share one.
    """

    image: str
    family: str
    python: str = ""
    has: Mapping[str, str] = field(default_factory=dict)
    packages: tuple[str, ...] = ()
    alone: tuple[str, ...] = ()
    from_source: tuple[str, ...] = ()
    programs: Mapping[str, str] = field(default_factory=lambda: SCRIPT_MODE)
    entrypoint: tuple[str, ...] = ()
    advice: str = ""
    environment: str = ""

    @property
    def name(self) -> str:
        """What its environment is called."""
        return self.environment or self.image.replace(":", "-").rstrip("-*")

    @property
    def variables(self) -> dict[str, str]:
        """The image's ENV, as far as scripts can tell."""
        module = _TRAINING_MODULES.get(self.family)
        return {"SAGEMAKER_TRAINING_MODULE": module} if module else {}

    def fits(self, name: str) -> bool:
        """Whether it is the image of this repository and tag."""
        if ":" not in self.image:
            return fnmatchcase(name, f"{self.image}:*")
        # "2.1" is not "2.10".
        return name.startswith(self.image) and not name[len(self.image) :][:1].isdigit()


def applicable(texts: Iterable[str]) -> "list[Requirement]":
    """The requirements whose environment markers are true of the Python that runs this."""
    # Few jobs need it, and every job would wait for its import.
    from packaging.markers import default_environment
    from packaging.requirements import Requirement

    environment = {name: str(value) for name, value in default_environment().items()}
    requirements = [Requirement(text) for text in texts]
    return [one for one in requirements if one.marker is None or one.marker.evaluate(environment)]
