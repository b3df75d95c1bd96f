import json
from pathlib import Path

import pytest

from ml_pipeline.local_sagemaker.runtimes.catalog import (
    Runtime,
    UnknownImageError,
    find_runtime,
    image_name,
)
from ml_pipeline.local_sagemaker.runtimes.mapping import MappingError

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
    assert runtime.train


def test_an_unknown_image_says_what_to_change(tmp_path: Path) -> None:
    file = tmp_path / "runtimes.json"
    with pytest.raises(UnknownImageError) as caught:
        find_runtime(f"{REGISTRY}/team/own:3", file)
    text = str(caught.value)
    assert f"{REGISTRY}/team/own:3" in text
    assert str(file) in text
    suggestion = text[text.index('{"team') : text.index(" into ")]
    file.write_text(suggestion)
    assert find_runtime(f"{REGISTRY}/team/own:3", file).python == Path("/path/to/python")


def test_the_users_mapping_goes_first(tmp_path: Path) -> None:
    file = tmp_path / "runtimes.json"
    own = {"python": "/x/python", "entrypoint": ["a"], "command": ["b"], "train": False}
    file.write_text(json.dumps({"sagemaker-scikit-learn:*": own}))
    image = f"{REGISTRY}/sagemaker-scikit-learn:1.4-2-cpu-py3"
    assert find_runtime(image, file) == Runtime(
        image, python=Path("/x/python"), entrypoint=("a",), command=("b",), train=False
    )


@pytest.mark.parametrize("text", ["", "[]", '{"a": "b"}', '{"a": {}}'])
def test_a_mapping_that_is_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "runtimes.json"
    file.write_text(text)
    with pytest.raises(MappingError, match="must look like"):
        find_runtime("x:1", file)


def test_other_packages_make_another_environment() -> None:
    one = Runtime("x:1", "x", ("a==1",))
    assert one.key != Runtime("x:1", "x", ("a==2",)).key
    assert one.key == Runtime("y:1", "x", ("a==1",)).key
