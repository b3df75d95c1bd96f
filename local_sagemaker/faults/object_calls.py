"""What faults do to the calls of S3."""

from dataclasses import replace

from aiohttp import web

from local_sagemaker.faults.calls import DroppedError, cut, trouble, under
from local_sagemaker.faults.registry import Faults
from local_sagemaker.s3.errors import S3Error
from local_sagemaker.s3.http.call import Call
from local_sagemaker.s3.http.handler import Answer
from local_sagemaker.service_errors import ServiceError


class S3Faults:
    """A hook for ``S3Handler``.

    Args:
        faults: The faults that are on.
    """

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    async def __call__(self, operation: str, call: Call, answer: Answer) -> web.StreamResponse:
        """Answer a call as the faults want it.

        Raises:
            S3Error: That is what they want.
        """
        found = trouble(self._faults, "s3", operation, call.bucket, call.key)
        if found.bytes_per_second is not None:
            call = replace(call, bytes_per_second=found.bytes_per_second)
        sent: list[web.StreamResponse] = []

        async def done() -> web.StreamResponse:
            sent.append(await answer(call))
            return sent[0]

        try:
            return await under(found, done)
        except DroppedError:
            return cut(call.request)
        except ServiceError as error:
            if sent and sent[0].prepared:
                return cut(call.request)  # Too late for another answer.
            raise _as_s3_error(error) from None


def _as_s3_error(error: ServiceError) -> S3Error:
    """An S3 error of any code, also of those that the store itself never has."""
    made = S3Error("InternalError", error.message)
    made.code, made.status = error.code, error.status
    return made
