"""The errors that the Feature Store answers with."""

from local_sagemaker.service_errors import ServiceError


def invalid_record(message: str) -> ServiceError:
    """The error of a record, or of a question for one, that makes no sense."""
    return ServiceError("ValidationError", f"Validation Error: {message}")


def invalid_group(message: str) -> ServiceError:
    """The error of a feature group that cannot be as it is asked for."""
    return ServiceError("ValidationException", f"Validation Error: {message}")


def no_group(name: str, *, code: str = "ResourceNotFound", status: int = 400) -> ServiceError:
    """The error of a name that no feature group has.

    Args:
        name: The name, or the ARN, that was asked for.
        code: Operations that may not answer ``ResourceNotFound`` have another one.
        status: The HTTP status.
    """
    text = f"Resource Not Found: Amazon SageMaker can't find a FeatureGroup with name {name}"
    return ServiceError(code, text, status)
