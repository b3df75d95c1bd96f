"""AWS's refusals, as failures that say what was tried and what to check."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from dagster_sagemaker.transient import AWS_ERRORS, error_code, error_message


@contextmanager
def explain_refusal(action: str, check: str) -> Iterator[None]:
    """Let an AWS error of the block fail the step with words that help.

    Args:
        action: What is tried, after "Could not".
        check: What to look into, after "Check".

    Raises:
        dagster.Failure: An AWS call of the block was refused, or got no answer.
    """
    try:
        yield
    except AWS_ERRORS as error:
        code = error_code(error)
        reason = f"{code}: {error_message(error)}" if code else error_message(error)
        raise dg.Failure(f"Could not {action}: {reason.rstrip('.')}. Check {check}.") from error
