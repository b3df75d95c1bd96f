"""The SageMaker Python SDK 2's feature groups."""

import json
import time

import pandas as pd
import sagemaker
from botocore.exceptions import ClientError
from sagemaker.feature_store.feature_definition import StringFeatureDefinition
from sagemaker.feature_store.feature_group import FeatureGroup, IngestionError
from sagemaker.feature_store.feature_store import FeatureStore
from sagemaker.feature_store.inputs import FeatureValue, TtlDuration

ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"
ROWS = 500

session = sagemaker.Session()
frame = pd.DataFrame(
    {
        "route": [f"EWR-{number}" for number in range(ROWS)],
        "at": ["2013-01-31T00:00:00Z"] * ROWS,
        "flights": range(ROWS),
        "rate": [None if number == 7 else number / ROWS for number in range(ROWS)],
    }
).astype({"route": "string", "at": "string"})

group = FeatureGroup(name="sdk2-routes", sagemaker_session=session)
group.load_feature_definitions(data_frame=frame)
group.create(
    s3_uri=f"s3://{session.default_bucket()}/features",
    record_identifier_name="route",
    event_time_feature_name="at",
    role_arn=ROLE,
    enable_online_store=True,
    ttl_duration=TtlDuration(unit="Weeks", value=5200),
    description="delays by route",
    tags=[{"Key": "team", "Value": "blue"}],
)
while group.describe()["FeatureGroupStatus"] == "Creating":
    time.sleep(0.2)
group.ingest(data_frame=frame, max_workers=3, max_processes=2, wait=True)

bad = frame.head(2).assign(at=["2013-01-31T00:00:00Z", "yesterday"])
try:
    group.ingest(data_frame=bad, max_workers=1, max_processes=1, wait=True)
    failed = []
except IngestionError as error:
    failed = error.failed_rows

group.put_record(
    [FeatureValue("route", "JFK-1"), FeatureValue("at", "2013-02-01T00:00:00Z")],
)
group.delete_record("EWR-1", "2013-02-01T00:00:00Z")
group.update(feature_additions=[StringFeatureDefinition("carrier")])
try:
    group.athena_query()
    athena = ""
except Exception as error:
    athena = str(error)

result = {
    "record": group.get_record("EWR-42"),
    "missing": group.get_record("EWR-7"),
    "deleted": group.get_record("EWR-1"),
    "put": group.get_record("JFK-1"),
    "failed": failed,
    "athena": athena,
    "tags": group.list_tags(),
    "definitions": [one["FeatureName"] for one in group.describe()["FeatureDefinitions"]],
    "place": group.describe()["OfflineStoreConfig"]["S3StorageConfig"]["ResolvedOutputS3Uri"],
    "listed": [
        one["FeatureGroupName"]
        for one in FeatureStore(session).list_feature_groups(name_contains="sdk2")[
            "FeatureGroupSummaries"
        ]
    ],
    "batch": len(
        session.sagemaker_featurestore_runtime_client.batch_get_record(
            Identifiers=[
                {
                    "FeatureGroupName": group.name,
                    "RecordIdentifiersValueAsString": [f"EWR-{number}" for number in range(50)],
                }
            ]
        )["Records"]
    ),
}
group.delete()
try:
    group.describe()
    result["gone"] = ""
except ClientError as error:
    result["gone"] = error.response["Error"]["Code"]
print(json.dumps(result))
