"""How often to ask about a running job, its log and its messages."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Polling:
    """Pace of the requests about one running job.

    As it is, a job of up to twenty seconds is seen to have ended within two seconds, one of up to
    a hundred within five, and a longer one within a twentieth of its length or ``cap_seconds``;
    and many jobs at once do not ask in step.

    Args:
        initial_seconds: First and shortest interval between two looks at the job.
        steps: Pairs: after so many seconds of waiting, the interval is at least so many seconds.
        fraction: Interval as a share of the time waited so far.
        cap_seconds: Longest interval.
        looks_per_log: The log is read at every so many looks at the job.
        log_seconds: Longest interval between two reads of the log, unless looks are further apart.
        message_seconds: How often to look for Pipes messages of a script that sends some. One that
            has sent none is asked first after three times that, then less and less often.
        late_log_seconds: How long after the job's end lines of its log may still come. The log of
            a job that failed is waited for five times as long, until lines have come.
    """

    initial_seconds: float = 1.0
    steps: tuple[tuple[float, float], ...] = ((0.9, 1.95), (22.0, 4.85))
    fraction: float = 0.05
    cap_seconds: float = 30.0
    looks_per_log: int = 4
    log_seconds: float = 20.0
    message_seconds: float = 10.0
    late_log_seconds: float = 6.0

    def interval(self, elapsed: float, troubles: int = 0) -> float:
        """Seconds until the next look at the job.

        Args:
            elapsed: Seconds waited so far.
            troubles: How many looks in a row were throttled or got no answer.
        """
        pace = self._pace(elapsed) * 2.0 ** min(troubles, 10)
        return min(pace, self.cap_seconds) * random.uniform(0.97, 1.0)  # noqa: S311 - only jitter

    def log_interval(self, elapsed: float, troubles: int = 0) -> float:
        """Seconds until the next read of the log; arguments as those of ``interval``.

        A little less than a whole number of looks, so that jitter does not make it one more.
        """
        pace = min(self._pace(elapsed), self.cap_seconds) * (self.looks_per_log - 0.5)
        return min(pace, self.log_seconds) * 2.0 ** min(troubles, 5)

    def _pace(self, elapsed: float) -> float:
        floors = (seconds for since, seconds in self.steps if elapsed >= since)
        return max(self.initial_seconds, *floors, self.fraction * elapsed)
