"""Listings agree with a plain model of S3's rules."""

from bisect import bisect_left

from hypothesis import given
from hypothesis import strategies as st

from local_sagemaker.s3.listing import Listing, key_after_prefix
from local_sagemaker.s3.records import Attributes, ObjectInfo, StoredObject

# Few characters, so that prefixes and delimiters meet; among them the neighbours of the surrogates
# and the last of all.
_TEXT = st.text("/ab\x00\ud7ff\ue000\U0010ffff", max_size=5)
_KEYS = st.sets(_TEXT.filter(bool), max_size=12)


def _stored(key: str) -> StoredObject:
    return StoredObject(ObjectInfo("b", key, 0, "", 0.0, "", {}), key, Attributes(), None)


def _model(keys: set[str], prefix: str, delimiter: str, marker: str) -> list[str]:
    """All entries of a listing, keys and common prefixes together."""
    entries: list[str] = []
    for key in sorted(keys, key=str.encode):
        if not key.startswith(prefix) or key <= marker:
            continue
        end = key.find(delimiter, len(prefix)) if delimiter else -1
        entry = key if end < 0 else key[: end + len(delimiter)]
        rolled_up = end >= 0 and entry == marker
        if not rolled_up and entry not in entries:
            entries.append(entry)
    return entries


@given(_KEYS, _TEXT, st.sampled_from(["", "/", "a", "/a"]), _TEXT, st.integers(1, 4))
def test_pages_add_up_to_the_model(
    keys: set[str], prefix: str, delimiter: str, marker: str, limit: int
) -> None:
    ordered = sorted(keys)

    def scan(low: str, high: str | None, count: int) -> list[StoredObject]:
        end = len(ordered) if high is None else bisect_left(ordered, high)
        return [_stored(key) for key in ordered[bisect_left(ordered, low) : end][:count]]

    listing = Listing(prefix, delimiter)
    low: str | None = listing.after(marker)
    listed: list[str] = []
    while low is not None:
        page = listing.page(scan, low, limit)
        names = [entry if isinstance(entry, str) else entry.info.key for entry in page.entries]
        assert page.next_key is None or len(names) == limit
        listed += names
        low = page.next_key
    assert listed == _model(keys, prefix, delimiter, marker)


@given(_TEXT.filter(bool), _TEXT)
def test_the_key_after_a_prefix_is_above_all_that_begin_with_it(prefix: str, rest: str) -> None:
    after = key_after_prefix(prefix)
    assert after is None or (prefix + rest).encode() < after.encode()
    if after is not None and rest and rest < prefix:
        assert key_after_prefix(after) is None or after.encode() > prefix.encode()
