"""The tables of images, and in what runtimes differ from them."""

from collections import Counter

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from dagster_sagemaker import image_uri
from dagster_sagemaker.images.families import FAMILIES
from local_sagemaker.runtimes.differences import differences, planned_versions
from local_sagemaker.runtimes.images import IMAGES
from local_sagemaker.runtimes.images.entry import CatalogImage

PYTHONS = ("3.10", "3.11", "3.12")
SKLEARN = CatalogImage(
    "sagemaker-scikit-learn:1.2-1",
    "scikit_learn",
    python="3.8",
    has={"scikit-learn": "1.2.1", "numpy": "1.24.1"},
)


def names(requirements: tuple[str, ...], python: str, machine: str) -> Counter[str]:
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.1",
        "platform_machine": machine,
        "sys_platform": "linux",
    }
    parsed = [Requirement(text) for text in requirements]
    return Counter(
        one.name for one in parsed if one.marker is None or one.marker.evaluate(environment)
    )


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_python_gets_each_package_once(python: str, machine: str) -> None:
    for image in IMAGES:
        counts = names(image.packages, python, machine)
        assert all(count == 1 for count in counts.values()), (image.image, counts)
        assert {name.removesuffix("-cpu") for name in counts} >= set(image.has), image.image


def test_images_that_run_training_scripts_name_their_framework() -> None:
    named = {image.variables.get("SAGEMAKER_TRAINING_MODULE") for image in IMAGES if image.programs}
    families = {image.family for image in IMAGES if "train" in image.programs}
    assert len(named - {None}) == len(families) == 4
    for image in IMAGES:
        assert bool(image.variables) == ("train" in image.programs), image.image


def test_every_image_that_has_an_address_has_a_stand_in() -> None:
    for framework in FAMILIES:
        for version in FAMILIES[framework].versions:
            uri = image_uri(framework, region="us-east-1", version=version)
            assert any(image.fits(uri.rpartition("/")[2]) for image in IMAGES), uri


def test_no_image_hides_another() -> None:
    for image in IMAGES:
        tag = image.image.rstrip("*") + ("" if ":" in image.image else "9:1")
        name = tag if ":" in image.image or "*" in image.image else f"{image.image}:1"
        assert next(one for one in IMAGES if one.fits(name)) is image


def test_what_is_installed_is_never_older_than_the_image_has_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for python in PYTHONS:
        environment = {"python_version": python, "python_full_version": f"{python}.1"}
        monkeypatch.setattr(
            "packaging.markers.default_environment",
            lambda environment=environment: {
                **environment,
                "platform_machine": "x86_64",
                "sys_platform": "linux",
            },
        )
        for image in IMAGES:
            planned = planned_versions(image)
            for name, version in image.has.items():
                if (python, image.image) == ("3.10", "sagemaker-scikit-learn:1.9-0"):
                    continue  # scikit-learn 1.9 has no wheels for Python 3.10
                ours = planned.get(name) or planned[f"{name}-cpu"]
                assert Version(ours.partition("+")[0]) >= Version(version), (image.image, name)


def test_what_is_not_as_in_the_image_is_said_in_one_line() -> None:
    here = {"scikit-learn": "1.3.2", "numpy": "1.24.1"}
    assert differences(SKLEARN, "3.11", here) == (
        "sagemaker-scikit-learn:1.2-1 has scikit-learn 1.2.1, Python 3.8; "
        "here scikit-learn 1.3.2, Python 3.11"
    )


def test_nothing_to_say_of_what_is_exact() -> None:
    assert differences(SKLEARN, "3.8", SKLEARN.has) is None


def test_builds_for_cpus_and_later_patches_are_the_same() -> None:
    image = CatalogImage("x:1", "x", has={"torch": "2.8.0", "tensorflow": "2.19.0", "spark": "3.5"})
    here = {"torch": "2.8.0+cpu", "tensorflow-cpu": "2.19.0", "spark": "3.5.6"}
    assert differences(image, "3.11", here) is None
    assert (
        differences(image, "3.11", {**here, "spark": "3.50"})
        == "x:1 has spark 3.5; here spark 3.50"
    )
    assert differences(image, "3.11", {}) is not None
