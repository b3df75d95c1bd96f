import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from dagster_sagemaker import PriceTable
from ml_pipeline.cli import cli
from ml_pipeline.settings import get_settings
from ml_pipeline_tests.dagster_sagemaker.costs.test_price_table import PRICE_FILE


@pytest.fixture(autouse=True)
def fresh_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


def test_the_prices_in_use_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = CliRunner().invoke(cli, ["prices", "--json"])
    assert json.loads(shown.stdout)["instances"]["ml.m5.xlarge"] == {"usd_per_hour": 0.23}
    monkeypatch.setenv("ML_PIPELINE_REGION", "xx-nowhere-9")
    get_settings.cache_clear()
    refused = CliRunner().invoke(cli, ["prices"])
    assert refused.exit_code == 1
    assert "ml-pipeline prices update" in refused.stderr


def test_new_prices_are_written_and_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "index.json").write_text(json.dumps(PRICE_FILE))
    arguments = ["prices", "update", "--region", "eu-west-1", "--from", "index.json"]
    done = CliRunner().invoke(cli, arguments)
    assert "2 prices of eu-west-1, on demand, 2026-11-03 are in prices-eu-west-1" in done.stdout
    monkeypatch.setenv("ML_PIPELINE_PRICE_TABLE", "prices-eu-west-1.json")
    get_settings.cache_clear()
    shown = CliRunner().invoke(cli, ["prices"])
    assert "ml.c5.xlarge" in shown.stdout
    from ml_pipeline.resources import build_resources

    client = build_resources(get_settings())["processing"]
    assert client._options.prices == PriceTable.read(tmp_path / "prices-eu-west-1.json")


def test_what_cannot_be_read_is_named() -> None:
    done = CliRunner().invoke(cli, ["prices", "update", "--from", "elsewhere.json"])
    assert done.exit_code == 1
    assert "elsewhere.json is no price file of AWS" in done.stderr
