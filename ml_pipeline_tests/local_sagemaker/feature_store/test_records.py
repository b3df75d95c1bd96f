"""Records of the online store."""

import time
from typing import Any

import pytest

from ml_pipeline_tests.local_sagemaker.feature_store.house import (
    DEFINITIONS,
    NOON,
    ONE,
    ONLINE,
    TWO,
    House,
    record,
)


def test_a_record_comes_back_in_the_order_of_the_definitions(house: House) -> None:
    arn = house.create()
    assert house.put(record(rate="0.5", at=NOON, id="1", carrier="UA"), arn) == (200, {})
    found = house.get("1", arn)
    assert found == {"id": "1", "at": NOON, "rate": "0.5", "carrier": "UA"}
    assert list(found) == ["id", "at", "rate", "carrier"]
    assert house.get("1", FeatureName=["carrier", "id"]) == {"id": "1", "carrier": "UA"}
    assert house.get("2") is None


def test_a_newer_record_takes_the_place_whole(house: House) -> None:
    house.create()
    house.put(record(id="1", at=ONE, rate="0.5", carrier="UA"))
    house.put(record(id="1", at=NOON, rate="0.1"))
    assert house.get("1")["rate"] == "0.5", "an older one came late"
    house.put(record(id="1", at=TWO, rate="0.9", carrier=None))
    assert house.get("1") == {"id": "1", "at": TWO, "rate": "0.9"}
    assert house.features.counts(house.features.get("flights")) == (1, 3)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (record(at=NOON), "no value for its record identifier, the feature id"),
        (record(id="1"), "no value for its event time, the feature at"),
        (record(id="1", at="yesterday"), "'yesterday' must be in ISO-8601 format"),
        (record(id="one", at=NOON), "'one' of the feature id is not Integral"),
        (record(id="9223372036854775808", at=NOON), "is not Integral"),
        (record(id="1", at=NOON, rate="NaN"), "'NaN' of the feature rate is not Fractional"),
        (record(id="1", at=NOON, rate=["1"]), "rate belongs in ValueAsString"),
        (record(id="1", at=NOON, speed="1"), "speed is not in the feature definitions"),
        ([*record(id="1", at=NOON), *record(id="2")], "id is given twice"),
        (record(id="1", at=NOON, carrier="a\nb"), "regular expression pattern"),
        ([], "length greater than or equal to 1"),
    ],
)
def test_records_that_do_not_fit(house: House, values: list[dict[str, Any]], words: str) -> None:
    house.create()
    status, body = house.put(values)
    assert (status, body["__type"]) == (400, "ValidationError")
    assert words in body["message"]
    assert house.get("1") is None


def test_a_soft_delete_holds_against_what_is_older(house: House) -> None:
    house.create()
    house.put(record(id="1", at=ONE))
    assert house.delete("1", NOON) == (200, {})
    assert house.get("1") is not None, "the delete is older"
    house.delete("1", TWO)
    assert house.get("1") is None
    house.put(record(id="1", at=ONE))
    assert house.get("1") is None
    path = "/FeatureGroup/flights/ListRecords"
    assert house.ask("POST", path, {})[1]["RecordIdentifiers"] == []
    soft = {"IncludeSoftDeletedRecords": True}
    assert house.ask("POST", path, soft)[1]["RecordIdentifiers"] == ["1"]


def test_a_hard_delete_leaves_nothing(house: House) -> None:
    house.create()
    house.put(record(id="1", at=ONE))
    status, body = house.delete("1", ONE, DeletionMode="HardDelete")
    assert (status, body["__type"]) == (400, "ValidationError")
    assert "EventTime must be later" in body["message"]
    assert house.delete("1", TWO, DeletionMode="HardDelete") == (200, {})
    house.put(record(id="1", at=NOON))
    assert house.get("1")["at"] == NOON
    assert house.features.counts(house.features.get("flights"))[0] == 1


def test_records_expire(house: House) -> None:
    house.create(
        OnlineStoreConfig={
            "EnableOnlineStore": True,
            "TtlDuration": {"Unit": "Seconds", "Value": 2},
        },
        FeatureDefinitions=[
            {"FeatureName": "at", "FeatureType": "Fractional"},
            *(one for one in DEFINITIONS if one["FeatureName"] != "at"),
        ],
    )
    now = time.time()
    house.put(record(id="1", at=f"{now:.3f}"))
    house.put(record(id="2", at=f"{now:.3f}"), TtlDuration={"Unit": "Weeks", "Value": 1})
    house.put(record(id="3", at=f"{now - 10:.3f}"))
    status, body = house.ask(
        "GET",
        "/FeatureGroup/flights",
        RecordIdentifierValueAsString="2",
        ExpirationTimeResponse="Enabled",
    )
    assert (status, body["ExpiresAt"][:4]) == (200, time.strftime("%Y", time.gmtime(now + 604800)))
    assert house.get("1") is not None
    assert house.get("3") is None
    group = house.features.get("flights")
    deadline = now + 20
    while house.features.counts(group)[0] != 1 and time.time() < deadline:
        time.sleep(0.05)
    assert house.features.counts(group)[0] == 1, "expired records are removed"
    assert house.get("1") is None
    house.put(record(id="3", at=f"{now - 20:.3f}"), TtlDuration={"Unit": "Days", "Value": 1})
    assert house.get("3") is not None, "what is expired is not newer"


def test_records_of_many_groups_at_once(house: House) -> None:
    house.create()
    house.create("online", OfflineStoreConfig=None)
    entries = [
        {"FeatureGroupName": "flights", "Record": record(id="1", at=NOON)},
        {"FeatureGroupName": "online", "Record": record(id="2", at=NOON)},
        {"FeatureGroupName": "online", "Record": record(id="x", at=NOON)},
        {"FeatureGroupName": "nobody", "Record": record(id="3", at=NOON)},
        {
            "FeatureGroupName": "online",
            "Record": record(id="4", at=NOON),
            "TargetStores": ["OfflineStore"],
        },
    ]
    status, body = house.ask("POST", "/BatchWriteRecord", {"Entries": entries})
    assert status == 200
    assert [one["Entry"] for one in body["Errors"]] == entries[2:]
    assert "is not Integral" in body["Errors"][0]["ErrorMessage"]
    assert "has no OfflineStore" in body["Errors"][2]["ErrorMessage"]
    wanted = [
        {"FeatureGroupName": "flights", "RecordIdentifiersValueAsString": ["1", "7"]},
        {
            "FeatureGroupName": "online",
            "RecordIdentifiersValueAsString": ["2"],
            "FeatureNames": ["at"],
        },
        {"FeatureGroupName": "nobody", "RecordIdentifiersValueAsString": ["9"]},
    ]
    status, body = house.ask("POST", "/BatchGetRecord", {"Identifiers": wanted})
    assert status == 200
    assert [one["RecordIdentifierValueAsString"] for one in body["Records"]] == ["1", "2"]
    assert body["Records"][1]["Record"] == record(at=NOON)
    assert [one["ErrorCode"] for one in body["Errors"]] == ["ResourceNotFound"]
    assert body["UnprocessedIdentifiers"] == []


def test_identifiers_are_listed_in_pages(house: House) -> None:
    house.create()
    for number in range(7):
        house.put(record(id=str(number), at=NOON))
    path, found = "/FeatureGroup/flights/ListRecords", []
    request: dict[str, Any] = {"MaxResults": 3}
    while True:
        _, page = house.ask("POST", path, request)
        found.append(page["RecordIdentifiers"])
        if "NextToken" not in page:
            break
        request["NextToken"] = page["NextToken"]
    assert found == [["0", "1", "2"], ["3", "4", "5"], ["6"]]
    assert house.ask("POST", path, {"NextToken": "é"})[1]["__type"] == "ValidationError"


def test_collections(house: House) -> None:
    extra = [
        {"FeatureName": "tags", "FeatureType": "String", "CollectionType": "Set"},
        {
            "FeatureName": "embedding",
            "FeatureType": "Fractional",
            "CollectionType": "Vector",
            "CollectionConfig": {"VectorConfig": {"Dimension": 2}},
        },
        {"FeatureName": "delays", "FeatureType": "Integral", "CollectionType": "List"},
    ]
    house.create(
        OnlineStoreConfig={"EnableOnlineStore": True, "StorageType": "InMemory"},
        FeatureDefinitions=[*DEFINITIONS, *extra],
    )
    values: dict[str, Any] = {"tags": ["a", "b"], "embedding": ["0.5", "1"], "delays": ["1", "1"]}
    assert house.put(record(id="1", at=NOON, **values)) == (200, {})
    assert house.get("1") == {"id": "1", "at": NOON, **values}
    assert house.rows_at_last(1)[0]["embedding"] == [0.5, 1.0]
    for name, wrong in (("tags", ["a", "a"]), ("embedding", ["1"]), ("delays", ["x"])):
        status, body = house.put(record(id="2", at=NOON, **{name: wrong}))
        assert (status, body["__type"]) == (400, "ValidationError")
        assert name in body["message"]


def test_which_errors_which_operation_has(house: House) -> None:
    """Of the operations on one record only those that read may say ``ResourceNotFound``."""
    house.create("offline", OnlineStoreConfig=None)
    path = "/FeatureGroup/nobody"
    one = {"RecordIdentifierValueAsString": "1"}
    assert house.put(record(id="1", at=NOON), "nobody")[1]["__type"] == "ValidationError"
    status, body = house.ask("DELETE", path, **one, EventTime=NOON)
    assert (status, body["__type"]) == (400, "ValidationError")
    status, body = house.ask("GET", path, **one)
    assert (status, body["__type"]) == (404, "ResourceNotFound")
    status, body = house.ask("GET", "/FeatureGroup/offline", **one)
    assert (status, "has no OnlineStore" in body["message"]) == (400, True)
    status, body = house.ask("GET", "/FeatureGroup/offline")
    assert (status, "Member must not be null" in body["message"]) == (400, True)
    status, body = house.ask("POST", "/FeatureGroup/offline/Record", {})
    assert "UpdateRecord is not supported" in body["message"]


def test_a_group_may_have_one_store(house: House) -> None:
    house.create("online", OfflineStoreConfig=None)
    house.create("offline", OnlineStoreConfig=None)
    for name in ("online", "offline"):
        house.put(record(id="1", at=NOON, carrier=name), name)
    assert [row["carrier"] for row in house.rows_at_last(1)] == ["offline"]
    assert house.get("1", "online")["carrier"] == "online"
    house.create("both", **ONLINE)
    house.put(record(id="1", at=NOON), "both", TargetStores=["OfflineStore"])
    assert house.get("1", "both") is None
