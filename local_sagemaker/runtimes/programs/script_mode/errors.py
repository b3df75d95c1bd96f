"""What is told to the user."""


class ScriptError(Exception):
    """The user's code, or what it needs, cannot be run, or failed."""
