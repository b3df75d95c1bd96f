"""Errors that are answers: what a client of the service is told."""


class ServiceError(Exception):
    """An error of the AWS protocol.

    Args:
        code: What callers find as ``Error.Code``.
        message: What callers find as ``Error.Message``.
        status: The HTTP status. Clients repeat a request that got 500, 502, 503 or 504.
    """

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


def invalid(message: str) -> ServiceError:
    """The error of a request that SageMaker understands and refuses."""
    return ServiceError("ValidationException", message)
