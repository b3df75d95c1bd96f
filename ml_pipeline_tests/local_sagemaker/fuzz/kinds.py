"""Of which kinds the requests are."""

from ml_pipeline_tests.local_sagemaker.fuzz.broken_http import broken_http
from ml_pipeline_tests.local_sagemaker.fuzz.json_calls import job_call, json_call
from ml_pipeline_tests.local_sagemaker.fuzz.malformed import Kind
from ml_pipeline_tests.local_sagemaker.fuzz.other_calls import other_service, own_call
from ml_pipeline_tests.local_sagemaker.fuzz.record_calls import record_call
from ml_pipeline_tests.local_sagemaker.fuzz.s3_calls import s3_call


def kinds() -> list[tuple[int, Kind]]:
    """Every kind of request, and how many of a hundred are to be of it."""
    jobs = json_call("sagemaker", "ProcessingJob TrainingJob FeatureGroup Tags")
    logs = json_call("logs", "DescribeLog GetLogEvents FilterLogEvents")
    return [
        (35, jobs),
        (1, job_call),
        (12, logs),
        (24, s3_call),
        (6, record_call),
        (7, own_call),
        (3, other_service),
        (12, broken_http),
    ]
