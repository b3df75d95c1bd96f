"""Feature groups: creating, describing, listing, changing and deleting them."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ml_pipeline_tests.local_sagemaker.api.calls import call, refused
from ml_pipeline_tests.local_sagemaker.feature_store.house import (
    BUCKET,
    DEFINITIONS,
    NOON,
    ONLINE,
    S3_URI,
    House,
    group_request,
    record,
)

EXTRA = {"FeatureName": "extra", "FeatureType": "String"}


def test_what_create_was_given_describe_gives_back(house: House) -> None:
    arn = house.create(Description="delays", Tags=[{"Key": "team", "Value": "blue"}])
    assert arn == "arn:aws:sagemaker:us-east-1:000000000000:feature-group/flights"
    for name in ("flights", arn):
        described = house.describe(name)
        assert described["FeatureGroupStatus"] == "Created"
        assert described["FeatureDefinitions"] == DEFINITIONS
        assert described["Description"] == "delays"
        assert described["OnlineStoreConfig"] == {"EnableOnlineStore": True}
        assert described["OfflineStoreStatus"] == {"Status": "Active"}
        created = int(described["CreationTime"])
        assert described["OfflineStoreConfig"]["S3StorageConfig"] == {
            "S3Uri": f"s3://{BUCKET}/prefix/",
            "ResolvedOutputS3Uri": f"s3://{BUCKET}/prefix/000000000000/sagemaker/us-east-1/"
            f"offline-store/flights-{created}/data",
        }
        assert "Tags" not in described


def test_names_are_taken_once(house: House) -> None:
    house.create()
    code, message = refused(house.sagemaker, "CreateFeatureGroup", group_request())
    assert code == "ResourceInUse"
    assert "FeatureGroup with name flights already exists" in message


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"OnlineStoreConfig": {}, "OfflineStoreConfig": None}, "cannot be both disabled"),
        ({"RecordIdentifierFeatureName": "nobody"}, "nobody is not in FeatureDefinitions"),
        ({"EventTimeFeatureName": "id"}, "id must be String or Fractional"),
        ({"FeatureDefinitions": [*DEFINITIONS, DEFINITIONS[2]]}, "rate is defined twice"),
        (
            {"FeatureDefinitions": [*DEFINITIONS, {**EXTRA, "FeatureName": "Write_time"}]},
            "Write_time is reserved",
        ),
        (
            {"FeatureDefinitions": [*DEFINITIONS, {**EXTRA, "CollectionType": "List"}]},
            "only if it is InMemory",
        ),
        (
            {"FeatureDefinitions": [*DEFINITIONS, {**EXTRA, "CollectionType": "Vector"}]},
            "needs a VectorConfig",
        ),
        ({"RoleArn": None}, "RoleArn is required"),
        (
            {"OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://nowhere/x"}}},
            "The bucket nowhere of S3Uri s3://nowhere/x does not exist",
        ),
        (
            {"OfflineStoreConfig": {**S3_URI, "TableFormat": "Iceberg"}},
            "no Iceberg here",
        ),
        ({"FeatureGroupName": "no spaces"}, "regular expression"),
        (
            {"OnlineStoreConfig": {"EnableOnlineStore": True, "TtlDuration": {"Unit": "Days"}}},
            "TtlDuration needs both",
        ),
    ],
)
def test_groups_that_cannot_be(house: House, changed: dict[str, Any], words: str) -> None:
    code, message = refused(house.sagemaker, "CreateFeatureGroup", group_request(**changed))
    assert code == "ValidationException"
    assert words in message


def test_groups_are_listed_in_pages(house: House) -> None:
    for number in range(5):
        house.create(f"group-{number}", **({} if number % 2 else {"OfflineStoreConfig": None}))
    listed, token = [], None
    while True:
        request: dict[str, Any] = {"MaxResults": 2, "SortBy": "Name", "SortOrder": "Ascending"}
        page = call(
            house.sagemaker, "ListFeatureGroups", request | ({"NextToken": token} if token else {})
        )
        listed += [one["FeatureGroupName"] for one in page["FeatureGroupSummaries"]]
        token = page.get("NextToken")
        if token is None:
            break
    assert listed == [f"group-{number}" for number in range(5)]

    def names(**request: Any) -> list[str]:
        found = call(house.sagemaker, "ListFeatureGroups", request)["FeatureGroupSummaries"]
        return [one["FeatureGroupName"] for one in found]

    assert names() == listed[::-1], "the newest come first"
    assert names(NameContains="-3") == ["group-3"]
    assert names(OfflineStoreStatusEquals="Active", SortOrder="Ascending") == ["group-1", "group-3"]
    assert names(FeatureGroupStatusEquals="Deleting") == []
    assert names(CreationTimeBefore=1.0) == []
    for broken in ("x", "W10=", "WzEsIDIsIDMsIDRd"):
        assert refused(house.sagemaker, "ListFeatureGroups", {"NextToken": broken})[0] == (
            "ValidationException"
        )


def test_features_are_added(house: House) -> None:
    arn = house.create()
    house.put(record(id="1", at=NOON))
    additions = {"FeatureGroupName": arn, "FeatureAdditions": [EXTRA]}
    assert call(house.sagemaker, "UpdateFeatureGroup", additions) == {"FeatureGroupArn": arn}
    described = house.describe()
    assert described["FeatureDefinitions"] == [*DEFINITIONS, EXTRA]
    assert described["LastUpdateStatus"] == {"Status": "Successful"}
    house.put(record(id="2", at=NOON, extra="new"))
    assert house.get("2") == {"id": "2", "at": NOON, "extra": "new"}
    assert "defined twice" in refused(house.sagemaker, "UpdateFeatureGroup", additions)[1]


def test_one_thing_is_changed_at_a_time(house: House) -> None:
    house.create()
    for changes in ({}, {"FeatureAdditions": [EXTRA], **ONLINE, "OnlineStoreConfig": {}}):
        request = {"FeatureGroupName": "flights", **changes}
        assert "at a time" in refused(house.sagemaker, "UpdateFeatureGroup", request)[1]


def test_the_time_to_live_is_changed_and_taken_away(house: House) -> None:
    house.create()
    for duration, kept in (
        ({"Unit": "Days", "Value": 2}, {"TtlDuration": {"Unit": "Days", "Value": 2}}),
        ({"Unit": None, "Value": None}, {}),
    ):
        changes = {"OnlineStoreConfig": {"TtlDuration": duration}}
        call(house.sagemaker, "UpdateFeatureGroup", {"FeatureGroupName": "flights", **changes})
        assert house.describe()["OnlineStoreConfig"] == {"EnableOnlineStore": True, **kept}


def test_a_deleted_group_is_gone_and_what_it_gave_is_not(house: House) -> None:
    house.create()
    house.put(record(id="1", at=NOON, rate="0.5"))
    call(house.sagemaker, "DeleteFeatureGroup", {"FeatureGroupName": "flights"})
    code, message = refused(
        house.sagemaker, "DescribeFeatureGroup", {"FeatureGroupName": "flights"}
    )
    assert code == "ResourceNotFound"
    assert "can't find a FeatureGroup with name flights" in message
    house.create()
    assert house.get("1") is None
    house.put(record(id="1", at=NOON, rate="0.75"))
    rows = house.rows_at_last(2)
    assert sorted(row["rate"] for row in rows) == [0.5, 0.75]
    assert len({key.split("/data/")[0] for key in house.files()}) == 2, "each has its own folder"


@pytest.mark.parametrize("operation", ["Describe", "Update", "Delete"])
def test_a_group_that_is_not_there(house: House, operation: str) -> None:
    request = {"FeatureGroupName": "nobody"}
    code, _ = refused(house.sagemaker, f"{operation}FeatureGroup", request)
    assert code == "ResourceNotFound"
    assert not house.path.exists(), "nothing is made to look for it"


def test_tags(house: House) -> None:
    arn = house.create(Tags=[{"Key": "team", "Value": "blue"}])
    added = {"ResourceArn": arn, "Tags": [{"Key": "stage", "Value": "test"}]}
    call(house.sagemaker, "AddTags", added)
    call(house.sagemaker, "DeleteTags", {"ResourceArn": arn, "TagKeys": ["team"]})
    assert call(house.sagemaker, "ListTags", {"ResourceArn": arn})["Tags"] == added["Tags"]
    for nobody in (arn.replace("flights", "other"), "flights"):
        assert refused(house.sagemaker, "ListTags", {"ResourceArn": nobody})[0] in {
            "ResourceNotFound",
            "ValidationException",
        }


def test_changes_at_once_are_all_kept(house: House) -> None:
    house.create()

    def add(number: int) -> None:
        addition = {"FeatureName": f"extra-{number}", "FeatureType": "String"}
        request = {"FeatureGroupName": "flights", "FeatureAdditions": [addition]}
        call(house.sagemaker, "UpdateFeatureGroup", request)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(16)))
    assert len(house.describe()["FeatureDefinitions"]) == len(DEFINITIONS) + 16
