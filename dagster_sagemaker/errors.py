"""What can be wrong with a job besides the job itself."""

from collections.abc import Sequence

import dagster as dg


class InvalidRequestError(dg.Failure):
    """The request would be refused; nothing was uploaded or submitted.

    Attributes:
        problems: One line each, starting with where in the request it stands.
    """

    def __init__(self, subject: str, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        lines = "\n".join(f"- {problem}" for problem in problems)
        super().__init__(description=f"{subject} is not valid:\n{lines}", allow_retries=False)


class JobNotCreatedError(dg.Failure):
    """The service refused the job, or was never asked: no job of the name runs."""


class QuotaTooSmallError(JobNotCreatedError):
    """The account's quota for the instance type can never be enough for the job."""


class NoRoomYetError(JobNotCreatedError):
    """The account's quota is used up, and nobody is to wait in line for it."""


class CostRefusedError(JobNotCreatedError):
    """The job could cost more than it may; nothing was submitted."""


class NoCapacityError(dg.Failure):
    """The job failed because the service had no instances of the type."""


class MissingOutputError(Exception):
    """A job completed, but what it should have written is not there."""


class NameTakenError(Exception):
    """A job of the name exists, and is none that can be followed."""
