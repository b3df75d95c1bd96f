"""What people see of feature groups: on the page, and on the command line."""

import http.client
import re
from contextlib import closing

import pytest
from click.testing import CliRunner

from local_sagemaker.feature_store.overview import overview
from ml_pipeline.cli.local.feature_groups import feature_groups
from ml_pipeline.settings import get_settings
from ml_pipeline_tests.conftest import LocalService
from ml_pipeline_tests.local_sagemaker.feature_store.house import (
    NOON,
    House,
    group_request,
    record,
)


def test_groups_have_counts_of_the_stores_that_they_have(house: House) -> None:
    assert overview(house.path.with_name("nobody.db")) == []
    house.create("online", OfflineStoreConfig=None)
    house.create("both")
    for identifier in ("1", "2"):
        house.put(record(id=identifier, at=NOON), "both")
    house.put(record(id="1", at=NOON), "both")
    both, online = overview(house.path)
    assert (both.name, both.features, both.records, both.rows) == ("both", 4, 2, 3)
    assert both.offline.startswith("s3://offline/prefix/000000000000/sagemaker/us-east-1/")
    assert (online.name, online.records, online.rows, online.offline) == ("online", 0, None, "")


def test_the_page_and_the_command_line_list_them(
    scripted_service: LocalService, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = group_request("shown")
    del request["OfflineStoreConfig"]
    scripted_service.client("sagemaker").create_feature_group(**request)
    records = scripted_service.client("sagemaker-featurestore-runtime")
    records.put_record(FeatureGroupName="shown", Record=record(id="1", at=NOON))
    connection = http.client.HTTPConnection("127.0.0.1", scripted_service.port, timeout=20)
    with closing(connection):
        connection.request("GET", "/")
        page = connection.getresponse().read().decode()
    row = re.search(r"<tr>\s*<td class=\"wide\">shown</td>.*?</tr>", page, re.DOTALL)
    assert row is not None
    assert re.findall(r'class="number">([^<]*)<', row[0]) == ["4", "1", "–"]  # noqa: RUF001
    monkeypatch.setenv("ML_PIPELINE_HOME", str(scripted_service.home.root))
    get_settings.cache_clear()
    try:
        printed = CliRunner().invoke(feature_groups).output
    finally:
        get_settings.cache_clear()
    assert re.search(r"^shown +4 +1 +- ", printed, re.MULTILINE), printed
