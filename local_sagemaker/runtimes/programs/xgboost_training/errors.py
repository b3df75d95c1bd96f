"""What the user can put right."""


class UserError(Exception):
    """What the user can put right."""


# As tracebacks in the image have it.
UserError.__module__ = "sagemaker_algorithm_toolkit.exceptions"
