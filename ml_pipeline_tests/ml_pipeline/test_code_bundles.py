"""Every bundle holds all that its script imports: it starts in a folder with nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

from dagster_sagemaker import CodeBundle
from ml_pipeline import code_bundles

IN_THE_IMAGE_ALONE = {
    f"preprocessing_scripts.{name}" for name in ("images.model", "images.pixels", "texts.records")
}
"""Modules that need Pillow, PyTorch or TensorFlow, which only their images have."""


@pytest.mark.parametrize(
    "name",
    [
        *("preprocess", "tabular", "train", "evaluate", "route_statistics"),
        *("custom_image_features", "image_features", "text_sequences"),
    ],
)
def test_a_bundle_is_complete(name: str, tmp_path: Path) -> None:
    bundle: CodeBundle = getattr(code_bundles, name)
    for file, content in bundle.files.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_bytes(content)
    modules = [
        file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for file in bundle.files
        if file.endswith(".py")
    ]
    modules = [module for module in modules if module not in IN_THE_IMAGE_ALONE]
    # Isolated from this project, which is installed in the environment that runs the tests.
    program = (
        f"import sys; sys.path[:] = [p for p in sys.path if 'ml_pipeline' not in p]\n"
        f"sys.meta_path[:] = [f for f in sys.meta_path if '__editable__' not in str(f)]\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        f"import {', '.join(modules)}\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert bundle.entry_point in bundle.files
