"""The index lists as the model does, also for keys with any character."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from local_sagemaker.s3.store import ObjectStore

_KEY = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=6)


@settings(max_examples=15, deadline=None)
@given(st.sets(_KEY, max_size=6), st.text("/a", max_size=1))
def test_keys_come_back_as_they_were_in_byte_order(keys: set[str], prefix: str) -> None:
    with TemporaryDirectory() as folder:
        store = ObjectStore(Path(folder))
        store.create_bucket("bucket")
        for key in keys:
            store.put_bytes("bucket", key, key.encode())
        expected = sorted((key for key in keys if key.startswith(prefix)), key=str.encode)
        assert [info.key for info in store.list("bucket", prefix)] == expected
        assert all(store.read_bytes("bucket", key) == key.encode() for key in keys)
