"""Feature groups and records through the two services that have them, without HTTP."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pyarrow as pa
import pyarrow.parquet as pq

from local_sagemaker.api.aws_json import JsonService
from local_sagemaker.api.rest_json import RestJsonService
from local_sagemaker.api.services import feature_store_runtime
from local_sagemaker.feature_store.store import FeatureStore
from local_sagemaker.records.store import JobStore
from local_sagemaker.s3.store import ObjectStore
from ml_pipeline_tests.local_sagemaker.api.calls import call, idle_sagemaker
from ml_pipeline_tests.local_sagemaker.daemons import ROLE, wait_for

BUCKET = "offline"
DEFINITIONS = [
    {"FeatureName": "id", "FeatureType": "Integral"},
    {"FeatureName": "at", "FeatureType": "String"},
    {"FeatureName": "rate", "FeatureType": "Fractional"},
    {"FeatureName": "carrier", "FeatureType": "String"},
]
ONLINE = {"OnlineStoreConfig": {"EnableOnlineStore": True}}
S3_URI = {"S3StorageConfig": {"S3Uri": f"s3://{BUCKET}/prefix/"}}
NOON = "2026-01-31T12:00:00Z"
ONE = "2026-01-31T13:00:00Z"
TWO = "2026-01-31T14:00:00.500Z"


def group_request(name: str = "flights", **members: Any) -> dict[str, Any]:
    """A group with both stores."""
    return {
        "FeatureGroupName": name,
        "RecordIdentifierFeatureName": "id",
        "EventTimeFeatureName": "at",
        "FeatureDefinitions": DEFINITIONS,
        **ONLINE,
        "OfflineStoreConfig": S3_URI,
        "RoleArn": ROLE,
        **members,
    }


def record(**values: str | list[str] | None) -> list[dict[str, Any]]:
    """A record in its API form."""
    return [
        {
            "FeatureName": name,
            "ValueAsStringList" if isinstance(value, list) else "ValueAsString": value,
        }
        for name, value in values.items()
    ]


@dataclass
class House:
    """A feature store and the services that it is behind.

    Args:
        path: Its file.
        objects: Where its offline stores are.
    """

    path: Path
    objects: ObjectStore
    features: FeatureStore = field(init=False)

    def __post_init__(self) -> None:
        self.features = FeatureStore(self.path, self.objects, gather_seconds=0.05)

    @cached_property
    def sagemaker(self) -> JsonService:
        store = JobStore(self.path.with_name("jobs.db"))
        return idle_sagemaker(store, self.objects, self.features)

    @cached_property
    def runtime(self) -> RestJsonService:
        return feature_store_runtime(self.features)

    def create(self, name: str = "flights", **members: Any) -> str:
        """Create a group; its ARN."""
        arn: str = call(self.sagemaker, "CreateFeatureGroup", group_request(name, **members))[
            "FeatureGroupArn"
        ]
        return arn

    def describe(self, name: str = "flights") -> dict[str, Any]:
        return call(self.sagemaker, "DescribeFeatureGroup", {"FeatureGroupName": name})

    def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, /, **query: Any
    ) -> tuple[int, Any]:
        """The status of a request's answer, and its decoded body."""
        name = self.runtime.find(method, path)
        assert name is not None
        text = json.dumps(body).encode() if body is not None else b""
        answer = self.runtime.answer(name, path, urlencode(query, doseq=True), text)
        return answer.status, json.loads(answer.body)

    def put(
        self, values: list[dict[str, Any]], name: str = "flights", **members: Any
    ) -> tuple[int, Any]:
        """PutRecord."""
        path = f"/FeatureGroup/{quote(name, safe='')}"
        return self.ask("PUT", path, {"Record": values, **members})

    def get(self, identifier: str, name: str = "flights", **query: Any) -> Any:
        """The values of GetRecord, by name; None if there is no record."""
        path = f"/FeatureGroup/{quote(name, safe='')}"
        status, body = self.ask("GET", path, RecordIdentifierValueAsString=identifier, **query)
        assert status == 200, body
        if "Record" not in body:
            return None
        return {
            one["FeatureName"]: one.get("ValueAsString", one.get("ValueAsStringList"))
            for one in body["Record"]
        }

    def delete(self, identifier: str, time: str, **query: Any) -> tuple[int, Any]:
        """DeleteRecord."""
        return self.ask(
            "DELETE",
            "/FeatureGroup/flights",
            RecordIdentifierValueAsString=identifier,
            EventTime=time,
            **query,
        )

    def files(self) -> list[str]:
        """The keys of the files of all offline stores."""
        return [one.key for one in self.objects.list(BUCKET)]

    def rows(self) -> list[dict[str, Any]]:
        """The rows of all offline stores, as a reader finds them."""
        tables = [
            pq.read_table(pa.BufferReader(self.objects.read_bytes(BUCKET, key)))
            for key in self.files()
        ]
        return [row for table in tables for row in table.to_pylist()]

    def rows_at_last(self, count: int) -> list[dict[str, Any]]:
        """The rows of all offline stores, once there are so many."""
        wait_for(lambda: len(self.rows()) >= count)
        return self.rows()
