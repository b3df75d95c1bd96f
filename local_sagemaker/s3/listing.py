"""Pages of a listing: prefix, delimiter, continuation."""

from collections.abc import Callable
from dataclasses import dataclass

from local_sagemaker.s3.records import StoredObject

Scan = Callable[[str, str | None, int], list[StoredObject]]


@dataclass(frozen=True)
class Page:
    """One page of a listing.

    Attributes:
        entries: In order: objects, and common prefixes as text.
        next_key: Where the next page begins, as the lowest key it may hold; None if this page is
            the last.
    """

    entries: list[StoredObject | str]
    next_key: str | None


@dataclass(frozen=True)
class Listing:
    """What is to be listed.

    Attributes:
        prefix: Only keys that begin with it.
        delimiter: Keys that hold it after the prefix are rolled up to it; empty for none.
    """

    prefix: str = ""
    delimiter: str = ""

    def after(self, marker: str) -> str:
        """The lowest key to list in order to begin after ``marker``, a key or a common prefix."""
        if marker and self.common_prefix(marker) == marker:
            return key_after_prefix(marker) or marker
        return marker + "\0" if marker else ""

    def common_prefix(self, key: str) -> str | None:
        """The common prefix that stands for a key, None if the key is listed itself."""
        if not self.delimiter or not key.startswith(self.prefix):
            return None
        end = key.find(self.delimiter, len(self.prefix))
        return None if end < 0 else key[: end + len(self.delimiter)]

    def page(self, scan: Scan, low: str, limit: int) -> Page:
        """List one page.

        Args:
            scan: Gives the first objects of a range of keys: (first key, key after the last, how
                many).
            low: Where to begin; the lowest key that may be listed.
            limit: Entries at most.
        """
        entries: list[StoredObject | str] = []
        position: str | None = max(low, self.prefix)
        high = key_after_prefix(self.prefix)
        while limit and position is not None:
            rows = scan(position, high, limit + 1)
            for stored in rows:
                if position is None or stored.info.key < position:
                    continue  # within the common prefix just listed
                if len(entries) == limit:
                    return Page(entries, position)
                common = self.common_prefix(stored.info.key)
                entries.append(common or stored)
                position = key_after_prefix(common) if common else stored.info.key + "\0"
            if len(rows) <= limit:
                break
        return Page(entries, None)


def key_after_prefix(prefix: str) -> str | None:
    """The lowest text, in UTF-8 byte order, above all that begin with ``prefix``; None if none."""
    while prefix:
        code = ord(prefix[-1]) + 1
        if code == 0xD800:  # no characters: surrogates
            code = 0xE000
        if code <= 0x10FFFF:
            return prefix[:-1] + chr(code)
        prefix = prefix[:-1]
    return None
