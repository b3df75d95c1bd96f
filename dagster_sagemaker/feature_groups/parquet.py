"""Parquet files of S3 as a data frame."""

import io
from typing import TYPE_CHECKING

from dagster_sagemaker.connection import SageMakerConnection
from dagster_sagemaker.refusals import explain_refusal
from dagster_sagemaker.s3_uri import parse_s3_uri

if TYPE_CHECKING:
    import pandas as pd


def read_parquet(connection: SageMakerConnection, uri: str) -> "pd.DataFrame":
    """Read a file, or all files under a prefix, in the order of their keys.

    Needs pandas and pyarrow.

    Args:
        connection: To S3.
        uri: Of a file that ends in ``.parquet``, or a prefix.

    Raises:
        dagster.Failure: S3 refused a request.
        FileNotFoundError: There is no such file.
    """
    import pandas as pd

    s3 = connection.client("s3")
    bucket, prefix = parse_s3_uri(uri)
    with explain_refusal(f"read {uri}", "that it is there, and the credentials in use"):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [one["Key"] for page in pages for one in page.get("Contents", [])]
        files = [
            s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            for key in keys
            if key.endswith(".parquet")
        ]
    if not files:
        raise FileNotFoundError(f"there are no parquet files under {uri}")
    return pd.concat([pd.read_parquet(io.BytesIO(file)) for file in files], ignore_index=True)
