"""What an error says of the job that the request was about."""

from botocore.exceptions import (
    ClientError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
)

from dagster_sagemaker.transient import error_code, error_message, is_transient

# How the service begins to say, of processing and of training jobs, that it knows none of a name.
# It has no code of its own for that: a request that is wrong is a ValidationException, too.
_NO_SUCH_JOB = ("Could not find requested job with name", "Requested resource not found")

# Raised before every send, and so before the first. Credentials that are fetched are not among
# them: those may fail to be renewed for a second try, when the first one has been sent.
_NEVER_SENT = (NoCredentialsError, NoRegionError, ParamValidationError, PartialCredentialsError)


def says_no_such_job(error: Exception | None) -> bool:
    """Whether the service knows no job of the name that it was asked for."""
    if not isinstance(error, ClientError):
        return False
    if error_code(error) == "ValidationException":
        return error_message(error).startswith(_NO_SUCH_JOB)
    return error_code(error) == "ResourceNotFound"


def says_not_created(error: Exception) -> bool:
    """Whether a create call that ended in this error has certainly created no job.

    A timeout, a cut connection, a server error and a throttle leave that open, and so does a
    refusal after botocore has tried before: an earlier try may have been carried out although its
    answer was lost.
    """
    if isinstance(error, ClientError):
        answer = error.response.get("ResponseMetadata", {})
        refused = 400 <= answer.get("HTTPStatusCode", 0) < 500 and not is_transient(error)
        return refused and not answer.get("RetryAttempts")
    return isinstance(error, _NEVER_SENT)
