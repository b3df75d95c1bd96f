import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dagster_sagemaker.costs import PriceTable, PriceTableError
from dagster_sagemaker.costs.price_file import fetch


def test_the_bundled_table_has_the_common_types() -> None:
    table = PriceTable.bundled("us-east-1")
    assert table is not None
    assert table.usd_per_hour["ml.m5.xlarge"] == 0.23
    assert table.name == "us-east-1, on demand, 2026-09-25"
    assert PriceTable.bundled("xx-nowhere-9") is None


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    table = PriceTable("eu-west-1", "2026-11-01", {"ml.m5.large": 0.128, "ml.c5.xlarge": 0.23})
    file = tmp_path / "prices.json"
    file.write_text(table.text())
    assert PriceTable.read(file) == table


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"region": "r", "date": "d", "instances": {"ml.m5.large": 0.1}}',
        '{"region": "r", "date": "d", "instances": {"ml.m5.large": {"usd_per_hour": "free"}}}',
        '{"region": "r", "date": "d", "instances": {"ml.m5.large": {"usd_per_hour": -1}}}',
        '{"region": "r", "date": "d", "instances": {"ml.m5.large": {"usd_per_hour": NaN}}}',
        '{"region": "r", "date": "d", "instances": {"ml.m5.large": {"usd_per_hour": true}}}',
    ],
)
def test_what_is_no_table_is_named(text: str, tmp_path: Path) -> None:
    file = tmp_path / "prices.json"
    file.write_text(text)
    with pytest.raises(PriceTableError, match=r"prices\.json is no price table: .*usd_per_hour"):
        PriceTable.read(file)
    with pytest.raises(PriceTableError, match="cannot be read"):
        PriceTable.read(tmp_path / "elsewhere.json")


def product(instance: str, component: str, region: str = "eu-west-1") -> dict[str, Any]:
    attributes = {"instanceName": instance, "component": component, "regionCode": region}
    return {"attributes": attributes}


def terms(usd: str, unit: str = "Hrs") -> dict[str, Any]:
    return {"term": {"priceDimensions": {"d": {"unit": unit, "pricePerUnit": {"USD": usd}}}}}


PRICE_FILE = {
    "publicationDate": "2026-11-03T10:00:00Z",
    "products": {
        "a": product("ml.m5.large", "Training"),
        "b": product("ml.m5.large", "Processing"),
        "c": product("ml.m5.large", "Hosting"),
        "d": product("ml.c5.xlarge", "Training"),
        "e": product("ml.g5.xlarge", "Training", "us-east-1"),
        "f": {"attributes": {"component": "Training"}},
        "g": product("ml.r5.large", "Training"),
    },
    "terms": {
        "OnDemand": {
            "a": terms("0.1280000000"),
            "b": terms("0.1300000000"),
            "c": terms("9"),
            "d": terms("0.2300000000"),
            "e": terms("1.5"),
            "f": terms("1"),
            "g": terms("0.14", "GB-Mo"),
        }
    },
}


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A price file behind HTTP, as AWS has it."""
    (tmp_path / "index.json").write_text(json.dumps(PRICE_FILE))
    handler = type("Quiet", (http.server.SimpleHTTPRequestHandler,), {"log_message": print})

    def make(*args: Any) -> http.server.SimpleHTTPRequestHandler:
        return handler(*args, directory=str(tmp_path))  # type: ignore[no-any-return]

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), make) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/index.json"
        server.shutdown()


def test_a_price_file_of_aws_becomes_a_table(address: str, tmp_path: Path) -> None:
    table = fetch("eu-west-1", address)
    assert table.date == "2026-11-03"
    assert table.usd_per_hour == {"ml.m5.large": 0.13, "ml.c5.xlarge": 0.23}
    assert fetch("eu-west-1", str(tmp_path / "index.json")) == table


def test_a_price_file_that_cannot_be_used_says_why(address: str, tmp_path: Path) -> None:
    with pytest.raises(PriceTableError, match="no price of a training or processing job in ap-"):
        fetch("ap-south-1", address)
    with pytest.raises(PriceTableError, match=r"cannot be read: .*404.*give its path"):
        fetch("eu-west-1", address + "x")
    with pytest.raises(PriceTableError, match="cannot be read"):
        fetch("eu-west-1", "http://127.0.0.1:1/index.json")
    (tmp_path / "other.json").write_text("<html>")
    with pytest.raises(PriceTableError, match=r"other\.json is no price file of AWS"):
        fetch("eu-west-1", str(tmp_path / "other.json"))
