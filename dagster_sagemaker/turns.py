"""Whose turn it is to be looked at, within a number of requests a second."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from typing_extensions import Self


@dataclass(frozen=True)
class Turns:
    """A token bucket, and a place in the round.

    Args:
        after: Who was the last to be looked at.
        tokens: How many looks were left.
        at: When that was, in seconds of the epoch.
    """

    after: str = ""
    tokens: float = 0.0
    at: float = 0.0

    @classmethod
    def parse(cls, text: str | None) -> Self:
        """From what ``dump`` gave; a new round for anything else."""
        try:
            return cls(**json.loads(text or "{}"))
        except (ValueError, TypeError):
            return cls()

    def dump(self) -> str:
        """As text, for a cursor."""
        return json.dumps(asdict(self))

    def take(
        self, names: Sequence[str], *, per_second: float, most: int, now: float
    ) -> tuple[list[str], Self]:
        """Those whose turn it is, and the state after them.

        Args:
            names: Who waits for a look, without the others.
            per_second: How many looks there are.
            most: How many can be saved up.
            now: The time, in seconds of the epoch.
        """
        tokens = min(self.tokens + per_second * max(now - self.at, 0.0), float(most))
        ordered = sorted(names)
        later = [name for name in ordered if name > self.after]
        chosen = [*later, *ordered[: len(ordered) - len(later)]][: int(tokens)]
        after = chosen[-1] if chosen else self.after
        return chosen, type(self)(after, tokens - len(chosen), now)
