"""How benchmarks reach the local service that they start."""

from dagster_sagemaker import SageMakerConnection


def connect(url: str) -> SageMakerConnection:
    """A connection to a local service."""
    return SageMakerConnection(
        region="us-east-1",
        endpoint_url=url,
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
