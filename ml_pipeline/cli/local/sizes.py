"""Sizes for people."""

_UNITS = ("B", "kB", "MB", "GB", "TB")


def in_units(count: float) -> str:
    """A number of bytes, in the unit in which it is easy to read."""
    for unit in _UNITS:
        if count < 1000 or unit == _UNITS[-1]:
            break
        count /= 1000
    return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
