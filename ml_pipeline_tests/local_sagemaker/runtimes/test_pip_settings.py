from configparser import RawConfigParser
from pathlib import Path

import pytest

from local_sagemaker.runtimes.pip_settings import pip_configuration, pip_environment


def settings(environment: dict[str, str]) -> dict[str, str]:
    parser = RawConfigParser()
    parser.read_string(pip_configuration(environment))
    return dict(parser.items("global"))


def test_a_build_does_not_see_aws_or_another_python() -> None:
    environment = {
        "AWS_PROFILE": "production",
        "AWS_CA_BUNDLE": "x",
        "PYTHONPATH": "/elsewhere",
        "VIRTUAL_ENV": "/elsewhere",
        "PIP_TARGET": "/elsewhere",
        "PIP_USER": "1",
        "PIP_INDEX_URL": "index",
        "HTTPS_PROXY": "proxy",
        "HOME": "/home/me",
    }
    assert pip_environment(environment) == {
        "PIP_INDEX_URL": "index",
        "HTTPS_PROXY": "proxy",
        "HOME": "/home/me",
        "PIP_USER": "0",
        "PIP_RETRIES": "2",
    }


def test_a_job_is_told_of_the_index_from_files_and_variables(tmp_path: Path) -> None:
    config = tmp_path / ".config" / "pip" / "pip.conf"
    config.parent.mkdir(parents=True)
    config.write_text("[global]\nindex-url = file\ntrusted-host = a\n    b\n[install]\nuser = 0\n")
    environment = {"HOME": str(tmp_path), "PIP_INDEX_URL": "variable", "PIP_TARGET": "/elsewhere"}
    assert settings(environment) == {"index-url": "variable", "trusted-host": "a\nb"}
    assert "[install]\nuser = 0\n" in pip_configuration(environment)


@pytest.mark.parametrize(
    ("no_proxy", "proxy"),
    [("", "p"), ("other.org", "p"), ("x.index.org", "p"), ("index.org", None), ("a, *", None)],
)
def test_a_proxy_unless_the_index_is_exempt(no_proxy: str, proxy: str | None) -> None:
    environment = {
        "HTTPS_PROXY": "p",
        "no_proxy": no_proxy,
        "PIP_INDEX_URL": "http://my.index.org/simple",
    }
    assert settings(environment).get("proxy") == proxy


def test_nothing_to_tell(tmp_path: Path) -> None:
    assert settings({"HOME": str(tmp_path)}) == {}
