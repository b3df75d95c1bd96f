"""When rows are, as precisely as it is stored: what a temporal split goes by."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]
Rest = npt.NDArray[np.int16]

_PARTS = 1000


@dataclass(frozen=True)
class Times:
    """What rows are ordered by, in two parts: a double holds no nanoseconds and no large ids.

    Args:
        order: Microseconds since 1970, thousands of whole numbers, or other numbers; NaN where
            there is none.
        rest: Nanoseconds, or ones, from 0 to 999.
    """

    order: Floats
    rest: Rest

    @classmethod
    def none(cls, rows: int) -> "Times":
        """Rows that nothing orders."""
        return cls(np.zeros(rows), np.zeros(rows, dtype=np.int16))

    @classmethod
    def of(cls, values: pa.Array) -> "Times":
        """Take times or numbers apart."""
        if pa.types.is_floating(values.type):
            return cls(values.to_numpy(zero_copy_only=False), np.zeros(len(values), dtype=np.int16))
        whole = values.cast(pa.int64()).fill_null(0).to_numpy()
        if values.type != pa.timestamp("us"):
            order, rest = np.divmod(whole, _PARTS)
        else:
            order, rest = whole, np.zeros(len(values))
        present = values.is_valid().to_numpy(zero_copy_only=False)
        return cls(np.where(present, order.astype(np.float64), np.nan), rest.astype(np.int16))
