"""What goes wrong with a table."""


class TableError(ValueError):
    """Data or a spec that cannot be used; the message names file, line and column as it can."""
