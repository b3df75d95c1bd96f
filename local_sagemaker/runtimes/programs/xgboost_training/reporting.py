"""What is told to the user: the log of the algorithm mode, and the error that ends the program."""

import logging

log = logging.getLogger("sagemaker_xgboost_container.algorithm_mode.train")


class UserError(Exception):
    """What the user can put right."""


# As tracebacks in the image have it.
UserError.__module__ = "sagemaker_algorithm_toolkit.exceptions"
