"""The environments of clients themselves."""

import subprocess
from pathlib import Path

import pytest

from ml_pipeline_tests.clients import environments
from ml_pipeline_tests.local_sagemaker.runtimes.wheels import wheel

pytestmark = pytest.mark.long


@pytest.fixture
def requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The requirements of a client named ``client``, which has one module."""
    name, content = wheel("greeter", "1.0", "GREETING = 'hello'\n")
    (tmp_path / name).write_bytes(content)
    path = tmp_path / "client.txt"
    path.write_text(f"--no-index\n{tmp_path / name}\n")
    monkeypatch.setattr(environments, "REQUIREMENTS", tmp_path)
    return path


def test_what_a_killed_build_left_is_built_anew_and_then_kept(
    requirements: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    half = cache / f"client-{environments._key(requirements)}"
    (half / "bin").mkdir(parents=True)
    (half / "bin" / "left").touch()
    python = environments.client_python("client", cache)
    assert not (half / "bin" / "left").exists()
    subprocess.run([python, "-c", "import greeter"], check=True)
    (half / "kept").touch()
    assert environments.client_python("client", cache) == python
    assert (half / "kept").exists()


def test_what_cannot_be_built_is_not_taken_for_built(requirements: Path, tmp_path: Path) -> None:
    requirements.write_text("--no-index\nno-such-client==1\n")
    cache = tmp_path / "cache"
    cache.mkdir()
    with pytest.raises(environments.NotBuiltError, match="no-such-client"):
        environments.client_python("client", cache)
    assert not list(cache.glob(f"*/{environments._COMPLETE}"))
