"""How often to look at a running job."""

import random
from dataclasses import dataclass


@dataclass(frozen=True)
class Polling:
    """Pace of the requests about one running job.

    A job is seen to have ended within the first interval or ``fraction`` of its length, whichever
    is longer, up to the cap; and many jobs at once do not ask in step.

    Args:
        initial_seconds: First and shortest interval.
        fraction: Interval as a share of the time waited so far.
        cap_seconds: Longest interval.
        late_log_seconds: How long to look for further log lines once the job has ended.
    """

    initial_seconds: float = 1.0
    fraction: float = 0.05
    cap_seconds: float = 30.0
    late_log_seconds: float = 2.0

    def interval(self, elapsed: float, troubles: int = 0) -> float:
        """Seconds until the next look.

        Args:
            elapsed: Seconds waited so far.
            troubles: How many looks in a row were throttled or got no answer.
        """
        pace = max(self.initial_seconds, self.fraction * elapsed) * 2.0 ** min(troubles, 10)
        return min(pace, self.cap_seconds) * random.uniform(0.8, 1.0)  # noqa: S311 - only jitter
