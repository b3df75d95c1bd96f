"""The job with a reader and a model of its own; with Pillow and PyTorch it runs in their image."""

import json
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq
import pytest

from ml_pipeline_tests.preprocessing_scripts.tabular.several_hosts import two_hosts
from preprocessing_scripts.image_features import embed_images, model_file, parse_arguments
from preprocessing_scripts.images.batches import Pixels, UnreadableImageError
from preprocessing_scripts.outcome import ScriptError
from preprocessing_scripts.progress import Progress
from preprocessing_scripts.tabular.hosts import Hosts


def read(path: Path) -> Pixels:
    try:
        shade = float(path.read_text())
    except ValueError:
        raise UnreadableImageError("not a number") from None
    return np.full((3, 2, 2), shade, np.float32)


def embed(pixels: Pixels) -> npt.NDArray[np.float32]:
    return np.stack([pixels.mean(axis=(1, 2, 3)), pixels.max(axis=(1, 2, 3))], axis=1)


def run(folder: Path, images: Mapping[str, str], hosts: Hosts, *more: str) -> Path:
    for name, content in images.items():
        path = folder / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    output = folder / "output"
    command = ["--input", str(folder), "--output", str(output), "--batch-size", "2", *more]
    embed_images(parse_arguments(command), read, embed, hosts, Progress(None), {"device": "cpu"})
    return output


def report(output: Path) -> Any:
    return json.loads((output / "report" / "report.json").read_text())


def test_each_image_has_its_embedding(tmp_path: Path) -> None:
    images = {"b/3.png": "3", "1.png": "1", "broken.png": "?", "2.png": "2"}
    output = run(tmp_path, images, Hosts.alone())
    (file,) = (output / "features").iterdir()
    assert file.name == "embeddings-algo-1.parquet"
    table = pq.read_table(file)
    assert table["key"].to_pylist() == ["1.png", "2.png", "b/3.png"]
    assert table["embedding"].to_pylist() == [[1, 1], [2, 2], [3, 3]]
    found = report(output)
    metrics = {name: found["metrics"][name] for name in ("images", "unreadable", "dimension")}
    assert metrics == {"images": 3, "unreadable": 1, "dimension": 2}
    assert found["details"]["unreadable"] == ["broken.png: not a number"]
    assert found["details"]["device"] == "cpu"
    assert {"name": "embedding", "type": "float32[2]"} in found["schema"]


def test_more_images_than_a_row_group_holds(tmp_path: Path) -> None:
    output = run(tmp_path, {f"{n:04d}": str(n) for n in range(1100)}, Hosts.alone())
    table = pq.read_table(output / "features" / "embeddings-algo-1.parquet")
    assert [row[0] for row in table["embedding"].to_pylist()] == list(range(1100))


def test_hosts_write_different_keys_and_the_first_reports_for_all(tmp_path: Path) -> None:
    shares: list[dict[str, str]] = [{"1.png": "1", "x.png": "?"}, {"2.png": "2", "3.png": "3"}]
    with two_hosts() as hosts, ThreadPoolExecutor(2) as threads:
        outputs = list(threads.map(lambda n: run(tmp_path / str(n), shares[n], hosts[n]), (0, 1)))
    names = [path.name for output in outputs for path in (output / "features").iterdir()]
    assert len(set(names)) == 2
    assert report(outputs[0])["metrics"]["images"] == 3
    assert report(outputs[0])["details"]["unreadable"] == ["x.png: not a number"]
    assert not (outputs[1] / "report").exists()


def test_a_host_without_images_writes_none(tmp_path: Path) -> None:
    shares: list[dict[str, str]] = [{}, {"2.png": "2"}]
    with two_hosts() as hosts, ThreadPoolExecutor(2) as threads:
        outputs = list(threads.map(lambda n: run(tmp_path / str(n), shares[n], hosts[n]), (0, 1)))
    assert list((outputs[0] / "features").iterdir()) == []
    assert report(outputs[0])["metrics"]["dimension"] == 2


def test_no_image_that_can_be_read(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match=r"none of the 2 files .* a.png: not a number; b.png"):
        run(tmp_path, {"a.png": "?", "b.png": "?"}, Hosts.alone())
    assert list((tmp_path / "output" / "features").iterdir()) == []
    with pytest.raises(ScriptError, match="there is no image below"):
        run(tmp_path / "empty", {}, Hosts.alone())


def test_the_model_channel_holds_one_file(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match="one file, the exported model; found: none"):
        model_file(tmp_path)
    (tmp_path / "a.pt2").touch()
    assert model_file(tmp_path).name == "a.pt2"
    (tmp_path / "b.pt").touch()
    with pytest.raises(ScriptError, match=r"found: a\.pt2, b\.pt"):
        model_file(tmp_path)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--batch-size", "0"], "--batch-size must be at least 1"),
        (["--std", "0.2", "0", "0.2"], "--std must be greater than 0"),
        (["--device", "tpu"], "invalid choice: 'tpu'"),
    ],
)
def test_arguments_that_cannot_be(arguments: list[str], message: str) -> None:
    with pytest.raises(ScriptError, match=message):
        parse_arguments(arguments)
