"""What errors say of a job, each judged by its kind."""

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    CredentialRetrievalError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
    ReadTimeoutError,
)

from dagster_sagemaker.answers import says_no_such_job, says_not_created
from dagster_sagemaker.transient import is_transient
from local_sagemaker.kinds import KINDS

URL = "https://sagemaker.eu-west-1.amazonaws.com/"


def answer(code: str, message: str = "no", *, status: int = 400, repeated: int = 0) -> ClientError:
    metadata = {"HTTPStatusCode": status, "RetryAttempts": repeated}
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": metadata},  # type: ignore[typeddict-item]
        "CreateProcessingJob",
    )


@pytest.mark.parametrize(
    "error",
    [
        answer("ValidationException"),
        answer("AccessDeniedException"),
        answer("AccessDenied", status=403),
        answer("ExpiredTokenException"),
        answer("ResourceLimitExceeded"),
        NoCredentialsError(),
        PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
        ParamValidationError(report="RoleArn is missing"),
    ],
    ids=repr,
)
def test_a_refusal_and_what_is_never_sent_create_no_job(error: Exception) -> None:
    assert says_not_created(error)
    assert not is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        answer("ThrottlingException"),
        answer("RequestTimeout"),
        answer("InternalFailure", status=500),
        answer("Unknown", status=504),
        ReadTimeoutError(endpoint_url=URL),
        ConnectTimeoutError(endpoint_url=URL),
        ConnectionClosedError(endpoint_url=URL),
        EndpointConnectionError(endpoint_url=URL),
        IncompleteReadError(actual_bytes=3, expected_bytes=4),
    ],
    ids=repr,
)
def test_no_answer_or_a_vague_one_leaves_open_whether_there_is_a_job(error: Exception) -> None:
    assert not says_not_created(error)
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        answer("AccessDeniedException", repeated=1),
        answer("ResourceLimitExceeded", repeated=2),
        CredentialRetrievalError(provider="sso", error_msg="expired"),
        BotoCoreError(),
    ],
    ids=repr,
)
def test_a_refusal_of_a_later_try_says_nothing_of_the_first(error: Exception) -> None:
    assert not says_not_created(error)
    assert not is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        *(
            answer("ValidationException", kind.not_found.format(name="x"))
            for kind in KINDS.values()
        ),
        answer("ResourceNotFound", "There is none"),
    ],
    ids=str,
)
def test_an_unknown_job_is_told_by_the_services_own_words(error: Exception) -> None:
    assert says_no_such_job(error)


@pytest.mark.parametrize(
    "error",
    [
        answer(
            "ValidationException",
            "1 validation error detected: Value '-x' at 'processingJobName' failed to satisfy "
            "constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9]{1,63}",
        ),
        answer("ValidationException", ""),
        answer("AccessDeniedException", "Could not find requested job with name: x"),
        EndpointConnectionError(endpoint_url=URL),
        None,
    ],
    ids=str,
)
def test_a_request_that_is_wrong_is_no_missing_job(error: Exception | None) -> None:
    assert not says_no_such_job(error)
