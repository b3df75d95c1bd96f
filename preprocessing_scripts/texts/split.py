"""Which texts train and which validate."""

import hashlib

SPLITS = ("train", "validation")


def split_of(text: str, validation: float, seed: int) -> str:
    """``train`` or ``validation``: by the text itself, so that equal texts are never in both.

    Args:
        text: The text.
        validation: The share of the texts that validates.
        seed: Another one divides them differently.
    """
    digest = hashlib.blake2b(text.encode(), digest_size=8, salt=seed.to_bytes(8, "big")).digest()
    return SPLITS[int.from_bytes(digest, "big") < validation * 2**64]
