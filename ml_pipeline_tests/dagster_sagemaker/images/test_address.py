"""Addresses of images against what the SageMaker SDK says."""

import pytest

from dagster_sagemaker import image_uri
from dagster_sagemaker.images import FAMILIES, Framework
from ml_pipeline_tests.dagster_sagemaker.images.recording import recorded

_ARGUMENTS = ("region", "version", "instance_type", "py_version", "container_version")


def test_every_address_is_the_sdks() -> None:
    uris = recorded()["uris"]
    made = [
        image_uri(framework, **dict(zip(_ARGUMENTS, arguments, strict=False)))
        for framework, *arguments, _ in uris
    ]
    assert made == [uri for *_, uri in uris]
    assert {framework for framework, *_ in uris} == set(FAMILIES)


def test_every_version_is_in_the_sdks_regions_and_in_no_other() -> None:
    known = {
        f"{name} {version}": " ".join(sorted(set(family.accounts) - one.missing))
        for name, family in FAMILIES.items()
        for version, one in family.versions.items()
    }
    assert known == recorded()["regions"]


@pytest.mark.parametrize(
    ("framework", "region", "version", "named"),
    [
        ("pytorch", "us-east-1", "9.9", r"framework_version='9\.9'.*2\.9, 2\.10"),
        ("sklearn", "us-east-1", "1.4", r"'1\.4' is not known.*1\.4-2, 1\.4-2-py312, 1\.9-0"),
        ("spark", "us-east-1", "4.0", r"'4\.0' is not known.*3\.1, 3\.2, 3\.3, 3\.5"),
        ("xgboost", "mars-1", "3.2-0", r"region='mars-1'.*af-south-1.*us-west-2.*`image_uri`"),
        # The older ones are not in the newer partitions.
        ("tensorflow", "eusc-de-east-1", "2.19", r"'2\.19' is not known.*known are 2\.21"),
        ("mxnet", "us-east-1", "1.9", "framework='mxnet'.*sklearn, xgboost"),
    ],
)
def test_what_is_not_known_is_refused_with_what_is(
    framework: Framework, region: str, version: str, named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        image_uri(framework, region=region, version=version)


@pytest.mark.parametrize(
    ("framework", "version", "instance_type", "named"),
    [
        ("sklearn", "1.9-0", "ml.g5.xlarge", r"GPUs.*no managed image of scikit-learn.*CPU"),
        ("spark", "3.5", "ml.p3.2xlarge", r"ml\.p3\.2xlarge computes with GPUs"),
        ("pytorch", "2.10", "ml.trn1.2xlarge", "TRAINIUMs.*CPU or GPU"),
    ],
)
def test_a_type_that_no_image_is_for_is_refused(
    framework: Framework, version: str, instance_type: str, named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        image_uri(framework, region="us-east-1", version=version, instance_type=instance_type)


def test_a_python_that_the_image_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match=r"py_version='py39'.*known are py313"):
        image_uri("pytorch", region="us-east-1", version="2.10", py_version="py39")
    with pytest.raises(ValueError, match="both of py_version and container_version"):
        image_uri("spark", region="us-east-1", version="3.5", py_version="py312")
    with pytest.raises(ValueError, match=r"container_version='1\.0'"):
        image_uri("pytorch", region="us-east-1", version="2.10", container_version="1.0")
