"""What is told to the user: the training toolkit's log, and the error that ends the program."""

import logging

log = logging.getLogger("sagemaker-training-toolkit")


class ScriptError(Exception):
    """The user's code, or what it needs, cannot be run, or failed."""
