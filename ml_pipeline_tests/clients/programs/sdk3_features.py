"""The SageMaker Python SDK 3's feature groups."""

import json

import pandas as pd
from sagemaker.core.helper.session_helper import Session
from sagemaker.mlops.feature_store import (
    FeatureGroup,
    FeatureValue,
    IngestionError,
    OfflineStoreConfig,
    OnlineStoreConfig,
    S3StorageConfig,
    ingest_dataframe,
    list_records,
    load_feature_definitions_from_dataframe,
)

ROLE = "arn:aws:iam::123456789012:role/SageMakerRole"
ROWS = 500

frame = pd.DataFrame(
    {
        "route": [f"EWR-{number}" for number in range(ROWS)],
        "at": [1359590400.0] * ROWS,
        "flights": range(ROWS),
    }
).astype({"route": "string"})

group = FeatureGroup.create(
    feature_group_name="sdk3-routes",
    record_identifier_feature_name="route",
    event_time_feature_name="at",
    feature_definitions=load_feature_definitions_from_dataframe(frame),
    online_store_config=OnlineStoreConfig(enable_online_store=True),
    offline_store_config=OfflineStoreConfig(
        s3_storage_config=S3StorageConfig(s3_uri=f"s3://{Session().default_bucket()}/features")
    ),
    role_arn=ROLE,
)
group.wait_for_status("Created")
ingest_dataframe("sdk3-routes", frame.head(250), max_workers=2, max_processes=2)
ingest_dataframe("sdk3-routes", frame.tail(250), use_batch_write_record=True)
try:
    ingest_dataframe("sdk3-routes", frame.head(2).assign(at=["yesterday", 1359590400.0]))
    failed = []
except IngestionError as error:
    failed = error.failed_rows

group.put_record(
    record=[
        FeatureValue(feature_name="route", value_as_string="JFK-1"),
        FeatureValue(feature_name="at", value_as_string="1359590400"),
    ]
)
group.delete_record(record_identifier_value_as_string="EWR-1", event_time="1359590401")
record = group.get_record(record_identifier_value_as_string="EWR-42").record
result = {
    "record": {one.feature_name: one.value_as_string for one in record},
    "last": len(group.get_record(record_identifier_value_as_string="EWR-499").record),
    "failed": failed,
    "page": len(list_records("sdk3-routes", max_results=60).record_identifiers),
    "listed": [one.feature_group_name for one in FeatureGroup.get_all(name_contains="sdk3")],
    "place": group.offline_store_config.s3_storage_config.resolved_output_s3_uri,
}
group.delete()
group.wait_for_delete()
print(f"\n{json.dumps(result)}")  # the SDK leaves the last line open
