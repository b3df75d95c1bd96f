"""Dagster Pipes over S3: where a job finds its context, and how its messages are read.

The readers of dagster-aws poll from a thread of their own, listen under a random prefix, and wait
ten seconds for every job that sends no ``closed`` message. A job's messages are complete once the
job has ended, so here they are read by the same loop that looks at the job, without a wait.
"""

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import dagster as dg
from dagster_pipes import (
    DAGSTER_PIPES_CONTEXT_ENV_VAR,
    DAGSTER_PIPES_MESSAGES_ENV_VAR,
    PIPES_PROTOCOL_VERSION_FIELD,
    PipesContextData,
    PipesMessage,
    PipesParams,
    encode_param,
)

from dagster_sagemaker.s3_uri import S3Location
from dagster_sagemaker.transient import AWS_ERRORS, error_code
from dagster_sagemaker.uploads import put_object

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection
    from dagster_sagemaker.credentials import CredentialsPatience

# The writer of dagster_pipes sends its first chunk ten seconds after the script has begun.
_FIRST_PAUSE = 3.0  # times the usual one
_LONGER_PAUSES = 4.0

# Without leave to list the bucket, S3 says AccessDenied of an object that is not there.
_NOT_THERE = frozenset({"NoSuchKey", "AccessDenied"})


@dataclass(frozen=True)
class PipesLocation:
    """Where one job's Pipes session lives in S3.

    It follows from the job's name, so that a session opened later for the same job listens where
    the job writes.

    Args:
        bucket: Bucket.
        key_prefix: Prefix of the job's objects, without a trailing slash.
    """

    bucket: str
    key_prefix: str

    @property
    def context(self) -> S3Location:
        """The object that holds the session's context."""
        return S3Location(self.bucket, f"{self.key_prefix}/context.json")

    def chunk(self, index: int) -> S3Location:
        """The object that holds a chunk of messages, counted from 1."""
        return S3Location(self.bucket, f"{self.key_prefix}/{index}.json")

    @property
    def context_params(self) -> dict[str, Any]:
        """What ``PipesS3ContextLoader`` needs."""
        return {"bucket": self.bucket, "key": self.context.key}

    @property
    def message_params(self) -> dict[str, Any]:
        """What ``PipesS3MessageWriter`` needs."""
        return {"bucket": self.bucket, "key_prefix": self.key_prefix}

    def environment(self) -> dict[str, str]:
        """Variables that make a script's ``open_dagster_pipes`` use this location."""
        return {
            DAGSTER_PIPES_CONTEXT_ENV_VAR: encode_param(self.context_params),
            DAGSTER_PIPES_MESSAGES_ENV_VAR: encode_param(self.message_params),
        }


class JobContextInjector(dg.PipesContextInjector):
    """Writes the context object. ``JobMessages.clean_up`` deletes it, once no job can need it.

    Args:
        connection: Where the bucket is.
        location: Where the job looks.
        credentials: How long to do without them.
    """

    def __init__(
        self,
        connection: "SageMakerConnection",
        location: PipesLocation,
        credentials: "CredentialsPatience",
    ) -> None:
        self._connection = connection
        self._location = location
        self._credentials = credentials

    @contextmanager
    def inject_context(self, context_data: PipesContextData) -> Iterator[PipesParams]:
        """Write the context for the job to read."""
        content = json.dumps(context_data).encode()
        uri = self._location.context.uri
        self._credentials.renewed(lambda: put_object(self._connection.client("s3"), uri, content))
        yield self._location.context_params

    def no_messages_debug_text(self) -> str:
        """Where the context was put."""
        return f"The context is in {self._location.context.uri}; a script needs to open it."


class JobMessages(dg.PipesMessageReader):
    """Reads the messages of one job's script; one object per session.

    Messages are progress only. Whatever is wrong with them is reported and left at that. Nothing
    says whether a script sends any, and most send none: the first are looked for less and less
    often, and in any case when the job has ended.

    Args:
        connection: Where the bucket is.
        location: Where the job writes.
        seconds: Between two looks when there was nothing new.
    """

    def __init__(
        self, connection: "SageMakerConnection", location: PipesLocation, seconds: float
    ) -> None:
        self._connection = connection
        self._location = location
        self._seconds = seconds
        self._pause = _FIRST_PAUSE * seconds
        self._due: float | None = None
        self._next_chunk = 1
        self._trouble = False
        self._handler: dg.PipesMessageHandler | None = None

    @contextmanager
    def read_messages(self, handler: dg.PipesMessageHandler) -> Iterator[PipesParams]:
        """Take the session's handler; ``poll`` feeds it."""
        self._handler = handler
        try:
            yield self._location.message_params
        finally:
            self._handler = None

    def poll(self, _: Mapping[str, Any], /, *, now: bool = False) -> None:
        """Read the next chunk, if it is time and if it is there."""
        clock = time.monotonic()
        if self._due is None:  # the job has started just now
            self._due = clock + self._pause
        if not now and clock < self._due:
            return
        if self._read_chunk():
            self._due, self._pause = clock, self._seconds
            return
        if self._next_chunk == 1:
            self._pause *= _LONGER_PAUSES
        self._due = clock + self._pause

    def finish(self, _: Mapping[str, Any], /) -> None:
        """Read all chunks that are left."""
        while self._read_chunk():
            pass

    def clean_up(self) -> None:
        """Delete the session's objects: the job has ended, or never began."""
        chunks = (self._location.chunk(index) for index in range(1, self._next_chunk))
        keys = [{"Key": place.key} for place in (self._location.context, *chunks)]
        s3 = self._connection.client("s3")
        try:
            for start in range(0, len(keys), 1000):  # as many as one request may name
                s3.delete_objects(
                    Bucket=self._location.bucket,
                    Delete={"Objects": keys[start : start + 1000], "Quiet": True},  # type: ignore[typeddict-item]
                )
        except AWS_ERRORS:
            return  # a few small objects stay behind; a lifecycle rule on the prefix removes them

    def no_messages_debug_text(self) -> str:
        """Where messages were expected."""
        return (
            f"Expected messages below {self._location.context.uri.removesuffix('context.json')}; "
            "a script that does not use dagster_pipes sends none."
        )

    def _read_chunk(self) -> bool:
        bucket, key = self._location.chunk(self._next_chunk)
        try:
            body = self._connection.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        except AWS_ERRORS as error:
            if error_code(error) not in _NOT_THERE and not self._trouble:
                self._trouble = True
                self._report()
            return False
        self._next_chunk += 1
        for line in body.decode(errors="replace").split("\n"):
            self._handle(line)
        return True

    def _handle(self, line: str) -> None:
        try:
            message = json.loads(line)
        except ValueError:
            return
        # Whatever else is valid JSON, such as a bare number, is no message.
        if not isinstance(message, dict) or PIPES_PROTOCOL_VERSION_FIELD not in message:
            return
        if self._handler is None:
            return
        try:
            self._handler.handle_message(cast("PipesMessage", message))
        except Exception:
            self._report()

    def _report(self) -> None:
        if self._handler is not None:
            self._handler.report_pipes_framework_exception(type(self).__name__, sys.exc_info())
