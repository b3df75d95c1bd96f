"""Malformed calls of the Feature Store's runtime, of a group that is there."""

from random import Random
from urllib.parse import quote

import botocore.session
from botocore.model import ServiceModel, StructureShape

from ml_pipeline_tests.local_sagemaker.feature_store.house import NOON, group_request, record
from ml_pipeline_tests.local_sagemaker.fuzz.malformed import Malformed, http, signed
from ml_pipeline_tests.local_sagemaker.fuzz.nasty import HOSTILE_JSON, TEXTS, as_json, member

GROUP = "fuzzed"


def fuzzed_group() -> dict[str, object]:
    """The request for the group that these calls are about."""
    request = group_request(GROUP)
    del request["OfflineStoreConfig"]
    return request


def record_call(random: Random) -> Malformed:
    """Calls whose path, query and body are of every kind but the right one."""
    model: ServiceModel = botocore.session.get_session().get_service_model(
        "sagemaker-featurestore-runtime"
    )
    operation = model.operation_model(random.choice(list(model.operation_names)))
    shape = operation.input_shape
    assert isinstance(shape, StructureShape)
    value = member(shape, random, random.choice([0.02, 0.1, 0.4]))
    if isinstance(value, dict) and random.random() < 0.5:
        value["Record"] = _almost(random)
    body = as_json(value, random)
    if random.random() < 0.05:
        body = random.choice(HOSTILE_JSON)
    name = random.choice([GROUP, GROUP, GROUP, quote(random.choice(TEXTS), errors="replace")])
    path = operation.http["requestUri"].replace("{FeatureGroupName}", name)
    query = "&".join(
        f"{key}={quote(random.choice(['1', NOON, *TEXTS]), errors='replace')}"
        for key in ("RecordIdentifierValueAsString", "EventTime", "FeatureName", "DeletionMode")
        if random.random() < 0.6
    )
    return http(operation.http["method"], f"{path}?{query}", signed("sagemaker"), body)


def _almost(random: Random) -> list[dict[str, object]]:
    """A record of which one value is not right."""
    values: list[dict[str, object]] = record(id="1", at=NOON, rate="0.5", carrier="UA")
    values[random.randrange(4)]["ValueAsString"] = random.choice([None, 7, *TEXTS])
    return values
