"""A clock for modules that wait."""


class OwnTime:
    """A clock on which only sleeping takes time."""

    def __init__(self) -> None:
        self._now = 0.0

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds
