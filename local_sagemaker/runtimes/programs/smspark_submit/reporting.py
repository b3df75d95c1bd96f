"""What is told to the user: the program's log, and the error that ends the program."""

import logging

log = logging.getLogger("smspark-submit")


class SubmitError(Exception):
    """The job cannot be submitted, or failed.

    Args:
        message: What to tell the user.
        exit_code: What to exit with.
    """

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code
