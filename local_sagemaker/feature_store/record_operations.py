"""The operations on records: those of SageMaker's Feature Store Runtime."""

import base64
from collections.abc import Mapping
from typing import Any

from local_sagemaker.feature_store.errors import invalid_record, no_group
from local_sagemaker.feature_store.event_time import iso
from local_sagemaker.feature_store.group import FeatureGroup, ttl_seconds
from local_sagemaker.feature_store.online import Found
from local_sagemaker.feature_store.record import known_feature, marker_of, record_of, shown
from local_sagemaker.feature_store.store import FeatureStore, Write
from local_sagemaker.service_errors import ServiceError

Members = Mapping[str, Any]

_PAGE = 100


class RecordOperations:
    """Answers for records.

    Args:
        store: Where they are.
    """

    def __init__(self, store: FeatureStore) -> None:
        self._store = store

    def put(self, request: Members) -> dict[str, Any]:
        """Answer ``PutRecord``.

        Raises:
            ServiceError: There is no such group, or the record does not fit it.
        """
        self._store.put([self._write(request, request.get("TtlDuration"))])
        return {}

    def batch_write(self, request: Members) -> dict[str, Any]:
        """Answer ``BatchWriteRecord``: what cannot be written is named, the rest is written."""
        writes: list[Write] = []
        errors: list[dict[str, Any]] = []
        for entry in request["Entries"]:
            duration = entry.get("TtlDuration", request.get("TtlDuration"))
            try:
                writes.append(self._write(entry, duration))
            except ServiceError as error:
                errors.append({"Entry": entry, **_told(error)})
        self._store.put(writes)
        return {"Errors": errors, "UnprocessedEntries": []}

    def delete(self, request: Members) -> dict[str, Any]:
        """Answer ``DeleteRecord``.

        Raises:
            ServiceError: There is no such group, or what is online is as new as a hard delete.
        """
        group = self._group(request["FeatureGroupName"], code="ValidationError")
        identifier = request["RecordIdentifierValueAsString"]
        marker = marker_of(group, identifier, request["EventTime"])
        write = Write(group, marker, _stores(group, request))
        if request.get("DeletionMode") == "HardDelete":
            self._store.remove(write)
        else:
            self._store.put([write])
        return {}

    def get(self, request: Members) -> dict[str, Any]:
        """Answer ``GetRecord``; a record that is not there has no ``Record``.

        Raises:
            ServiceError: There is no such group, or no online store, or no such feature.
        """
        group = self._online_group(request["FeatureGroupName"])
        names = _names(group, request)
        found = self._store.record(group, request["RecordIdentifierValueAsString"])
        return {} if found is None else _shown(group, found, names, request)

    def batch_get(self, request: Members) -> dict[str, Any]:
        """Answer ``BatchGetRecord``; records that are not there are left out."""
        records: list[dict[str, Any]] = []
        errors: list[dict[str, Any]] = []
        for wanted in request["Identifiers"]:
            for identifier in wanted["RecordIdentifiersValueAsString"]:
                one = {
                    "FeatureGroupName": wanted["FeatureGroupName"],
                    "RecordIdentifierValueAsString": identifier,
                }
                try:
                    found = self.get({**request, **wanted, **one})
                except ServiceError as error:
                    errors.append({**one, **_told(error)})
                    continue
                if found:
                    records.append({**one, **found})
        return {"Records": records, "Errors": errors, "UnprocessedIdentifiers": []}

    def list_records(self, request: Members) -> dict[str, Any]:
        """Answer ``ListRecords``: identifiers, in their order.

        Raises:
            ServiceError: There is no such group, or no online store, or the token is none of ours.
        """
        group = self._online_group(request["FeatureGroupName"])
        size = request.get("MaxResults", _PAGE)
        found = self._store.identifiers(
            group,
            _after(request.get("NextToken")),
            size + 1,
            deleted=request.get("IncludeSoftDeletedRecords", False),
        )
        response: dict[str, Any] = {"RecordIdentifiers": found[:size]}
        if len(found) > size:
            response["NextToken"] = base64.urlsafe_b64encode(found[size - 1].encode()).decode()
        return response

    def _write(self, given: Members, duration: Mapping[str, Any] | None) -> Write:
        group = self._group(given["FeatureGroupName"], code="ValidationError")
        record = record_of(group, given["Record"])
        ttl = group.ttl if duration is None else ttl_seconds(duration)
        return Write(group, record, _stores(group, given), ttl)

    def _online_group(self, name: str) -> FeatureGroup:
        group = self._group(name, status=404)
        if "OnlineStore" not in group.stores:
            raise invalid_record(f"FeatureGroup {group.name} has no OnlineStore to read from")
        return group

    def _group(self, name: str, **error: Any) -> FeatureGroup:
        group = self._store.find(name)
        if group is None:
            raise no_group(name, **error)
        return group


def _stores(group: FeatureGroup, request: Members) -> frozenset[str]:
    wanted = frozenset(request.get("TargetStores", group.stores))
    if not wanted <= group.stores:
        lacking = ", ".join(sorted(wanted - group.stores))
        raise invalid_record(f"FeatureGroup {group.name} has no {lacking}: see TargetStores")
    return wanted


def _names(group: FeatureGroup, request: Members) -> list[str] | None:
    if "FeatureNames" not in request:
        return None
    return [known_feature(group, name).name for name in request["FeatureNames"]]


def _shown(
    group: FeatureGroup, found: Found, names: list[str] | None, request: Members
) -> dict[str, Any]:
    features = found.features
    if names is not None:
        features = {name: features[name] for name in names if name in features}
    answer: dict[str, Any] = {"Record": shown(group, features)}
    if found.expires is not None and request.get("ExpirationTimeResponse") == "Enabled":
        answer["ExpiresAt"] = iso(found.expires)
    return answer


def _told(error: ServiceError) -> dict[str, str]:
    return {"ErrorCode": error.code, "ErrorMessage": error.message}


def _after(token: str | None) -> str | None:
    if token is None:
        return None
    try:
        return base64.urlsafe_b64decode(token).decode()
    except ValueError:
        raise invalid_record("Invalid NextToken") from None
