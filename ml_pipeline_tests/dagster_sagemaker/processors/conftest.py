from pathlib import Path

import pytest

from dagster_sagemaker import CodeBundle


@pytest.fixture
def code(tmp_path: Path) -> CodeBundle:
    folder = tmp_path / "code"
    folder.mkdir()
    (folder / "job.py").write_text("print('done')\n")
    return CodeBundle(folder, "job.py", pipes=False)
