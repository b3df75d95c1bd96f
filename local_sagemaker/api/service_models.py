"""botocore's own description of the AWS services: what requests and answers look like."""

from functools import cache

from botocore.loaders import Loader
from botocore.model import ServiceModel


@cache
def service_model(service: str) -> ServiceModel:
    """The model of a service, read from botocore's data on first use (SageMaker's takes 0.2 s).

    Args:
        service: botocore's name of it, such as ``sagemaker`` or ``logs``.
    """
    return ServiceModel(Loader().load_service_model(service, "service-2"), service)
