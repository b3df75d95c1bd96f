"""S3 over HTTP, path style, as an aiohttp handler."""

from local_sagemaker.s3.http.body import meet_expectation
from local_sagemaker.s3.http.handler import SERVER_OPTIONS, S3Handler

__all__ = ["SERVER_OPTIONS", "S3Handler", "meet_expectation"]
