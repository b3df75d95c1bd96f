"""When a fault strikes, of all the calls that it is about."""

import random
import time
from collections.abc import Callable

from local_sagemaker.faults.model import Fault


class Schedule:
    """Decides call by call: the next so many, a share of them, those beyond a rate, or all.

    Args:
        fault: Says which.
        clock: Seconds that pass, whatever the machine's date is set to.
    """

    def __init__(self, fault: Fault, clock: Callable[[], float] = time.monotonic) -> None:
        self._left = fault.times
        self._probability = fault.probability
        self._random = random.Random(fault.seed)  # noqa: S311 - repeatable, not secret
        self._rate = fault.rate
        self._burst = float(fault.burst or max(1.0, fault.rate or 1.0))
        self._tokens = self._burst
        self._clock = clock
        self._filled = clock()

    def due(self) -> bool:
        """Whether the call that is made now is struck."""
        if self._left is not None:
            self._left -= 1
            return self._left >= 0
        if self._probability is not None:
            return self._random.random() < self._probability
        if self._rate is not None:
            return not self._take(self._rate)
        return True

    def _take(self, rate: float) -> bool:
        """Take a token from the bucket, if there is one."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._filled) * rate)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
