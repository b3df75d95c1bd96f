import json
from pathlib import Path

import pytest

from local_sagemaker.runtimes.catalog import (
    Runtime,
    UnknownImageError,
    find_runtime,
    image_name,
)
from local_sagemaker.runtimes.mapping import MappingError

REGISTRY = "683313688378.dkr.ecr.us-east-1.amazonaws.com"
CHINA = "450853457545.dkr.ecr.cn-north-1.amazonaws.com.cn"


@pytest.mark.parametrize(
    ("image", "name"),
    [
        (
            f"{REGISTRY}/sagemaker-scikit-learn:1.4-2-cpu-py3",
            "sagemaker-scikit-learn:1.4-2-cpu-py3",
        ),
        (f"{REGISTRY}/team/own:3", "team/own:3"),
        ("my-img:latest", "my-img:latest"),
        ("my-img", "my-img:latest"),
        ("team/my-img", "team/my-img:latest"),
        ("localhost:5000/my-img:1", "my-img:1"),
        ("localhost/my-img", "my-img:latest"),
        (f"{REGISTRY}/own@sha256:0a", "own@sha256:0a"),
    ],
)
def test_repository_and_tag(image: str, name: str) -> None:
    assert image_name(image) == name


@pytest.mark.parametrize("registry", [REGISTRY, CHINA])
def test_the_scikit_learn_image(registry: str, tmp_path: Path) -> None:
    runtime = find_runtime(f"{registry}/sagemaker-scikit-learn:1.4-2-cpu-py3", tmp_path / "none")
    assert runtime.packages[:5] == (
        "numpy==2.1.0",
        "scipy==1.14.1",
        "pandas==2.2.3",
        "scikit-learn==1.4.2",
        "pyarrow==17.0.0",
    )
    assert runtime.programs == {"train": "script_mode"}
    assert runtime.key.startswith("sagemaker-scikit-learn-1.4-2-py3.")
    assert runtime.key.endswith("-b858f575")  # other packages would be built anew by everyone


def test_an_unknown_image_says_what_to_change(tmp_path: Path) -> None:
    file = tmp_path / "runtimes.json"
    with pytest.raises(UnknownImageError) as caught:
        find_runtime(f"{REGISTRY}/team/own:3", file)
    text = str(caught.value)
    assert f"{REGISTRY}/team/own:3" in text
    assert str(file) in text
    assert f"ml-pipeline local image add {REGISTRY}/team/own:3 --python" in text
    assert len(text) < 900  # a FailureReason holds 1024 characters, home directories included


def test_the_users_mapping_goes_first(tmp_path: Path) -> None:
    file = tmp_path / "runtimes.json"
    own = {"python": "/x/python", "entrypoint": ["a"], "command": ["b"], "train": False}
    file.write_text(json.dumps({"sagemaker-scikit-learn:*": own}))
    image = f"{REGISTRY}/sagemaker-scikit-learn:1.4-2-cpu-py3"
    assert find_runtime(image, file) == Runtime(
        image,
        from_source=(":all:",),
        python=Path("/x/python"),
        entrypoint=("a",),
        command=("b",),
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"a": "b"}',
        '{"a": {}}',
        '{"a": {"python": "x", "requirements": "y"}}',
        '{"a": {"python": "x", "entrypoint": "python3 x.py"}}',
    ],
)
def test_a_mapping_that_is_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "runtimes.json"
    file.write_text(text)
    with pytest.raises(MappingError, match="must look like"):
        find_runtime("x:1", file)


def test_other_packages_make_another_environment() -> None:
    one = Runtime("x:1", "x", ("a==1",))
    assert one.key != Runtime("x:1", "x", ("a==2",)).key
    assert one.key == Runtime("y:1", "x", ("a==1",)).key


@pytest.mark.parametrize(
    ("tag", "image"),
    [
        ("sagemaker-scikit-learn:0.20.0-cpu-py3", "sagemaker-scikit-learn:0.20.0"),
        ("sagemaker-scikit-learn:0.23-1-cpu-py3", "sagemaker-scikit-learn:0.23-1"),
        ("sagemaker-scikit-learn:1.0-1-cpu-py3", "sagemaker-scikit-learn:1.0-1"),
        ("sagemaker-scikit-learn:1.9-0-cpu-py3", "sagemaker-scikit-learn:1.9-0"),
        ("sagemaker-xgboost:1.7-1", "sagemaker-xgboost:1.7-1"),
        ("sagemaker-xgboost:1.2-2-cpu-py3", "sagemaker-xgboost:1.2-2"),
        ("sagemaker-xgboost:3.0-5", "sagemaker-xgboost:3.0-5"),
        ("sagemaker-xgboost:3.2-0", "sagemaker-xgboost:3.2-0"),
        ("xgboost:1", "xgboost"),
        ("sagemaker-spark-processing:3.3-cpu-py39-v1", "sagemaker-spark-processing:3.3"),
        ("sagemaker-spark-processing:2.4-cpu", "sagemaker-spark-processing:2.4"),
        ("pytorch-training:2.3-cpu-py311", "pytorch-training:2.3"),
        ("pytorch-inference:2.8.0-gpu-py312", "pytorch-inference:2.8"),
        ("pytorch-training:2.9.0-gpu-py312", "pytorch-training:2.9"),
        ("pytorch-training:2.10-cpu-py313", "pytorch-training:2.10"),
        ("tensorflow-training:2.21.0-cpu-py312", "tensorflow-training:2.21"),
        ("tensorflow-training:2.14-cpu-py310", "tensorflow-training:2.14"),
        ("tensorflow-training:2.19.0-cpu-py312", "tensorflow-training:2.19"),
        ("sagemaker-base-python-310:1.0", "sagemaker-base-python-310"),
        ("sagemaker-base-python-311:1.0", "sagemaker-base-python-3*"),
    ],
)
def test_the_images_of_aws(tag: str, image: str, tmp_path: Path) -> None:
    known = find_runtime(f"{REGISTRY}/{tag}", tmp_path / "none").known
    assert known is not None
    assert known.image == image


def test_a_longer_version_is_another_version(tmp_path: Path) -> None:
    with pytest.raises(UnknownImageError):
        find_runtime("pytorch-training:2.80.0-cpu-py312", tmp_path / "none")
