"""Continuation tokens: opaque to clients, a key or a bucket's name to us."""

import base64
import binascii

from local_sagemaker.s3.errors import S3Error


def encode_token(text: str) -> str:
    """A token that stands for a text."""
    return base64.urlsafe_b64encode(text.encode()).decode()


def decode_token(token: str) -> str:
    """The text that a token stands for.

    Raises:
        S3Error: ``InvalidArgument`` if it is none of ours.
    """
    try:
        return base64.b64decode(token, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        message = "The continuation token provided is incorrect"
        raise S3Error(
            "InvalidArgument", message, ArgumentName="continuation-token", ArgumentValue=token
        ) from None
