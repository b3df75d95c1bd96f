"""The way to Dagster Pipes out of a job. Imported only in a job that Dagster started."""

import io
import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import dagster_pipes

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SECONDS_BETWEEN_UPLOADS = 2.0


def connect() -> dagster_pipes.PipesContext:
    """Open Pipes over S3 when its parameters name buckets, else in the standard ways (files).

    Raises:
        Exception: Anything that files, S3 or Pipes raise.
    """
    params = dagster_pipes.PipesMappingParamsLoader(os.environ)
    if "bucket" not in params.load_context_params():
        return dagster_pipes.open_dagster_pipes(params_loader=params)
    client = _s3_client()
    return dagster_pipes.open_dagster_pipes(
        params_loader=params,
        context_loader=dagster_pipes.PipesS3ContextLoader(client),
        message_writer=PromptS3MessageWriter(client),
    )


def _s3_client() -> "S3Client":
    # Pipes over files needs neither.
    import boto3
    from botocore.config import Config

    # An endpoint out of reach may cost the job seconds, not minutes.
    patience = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 2})
    return boto3.client("s3", config=patience)


class PromptS3MessageWriter(dagster_pipes.PipesS3MessageWriter):
    """Writes messages to S3 as ``PipesS3MessageWriter`` does, without its thread.

    The stock channel uploads from a thread that looks up once a second: a finished script waits for
    it for up to two seconds, and an upload that fails there is lost without a word. This one
    uploads as messages are written, the first at once and then at most every
    ``SECONDS_BETWEEN_UPLOADS``; what is left goes when the script closes.
    """

    def make_channel(self, params: Mapping[str, Any]) -> "PromptS3Channel":
        """Make the channel to the place that Dagster's message reader looks at."""
        return PromptS3Channel(self._client, params["bucket"], params.get("key_prefix"))


class PromptS3Channel(dagster_pipes.PipesS3MessageWriterChannel):
    """The channel of ``PromptS3MessageWriter``."""

    def __init__(self, client: "S3Client", bucket: str, key_prefix: str | None) -> None:
        super().__init__(client, bucket, key_prefix)
        self._pending: list[str] = []
        self._next_upload = 0.0

    def write_message(self, message: dagster_pipes.PipesMessage) -> None:
        """Take a message; upload when it is time."""
        self._pending.append(json.dumps(message))
        if time.monotonic() >= self._next_upload:
            self._upload()

    def _upload(self) -> None:
        if not self._pending:
            return
        self.upload_messages_chunk(io.StringIO("\n".join(self._pending)), self._counter)
        self._counter += 1
        self._pending.clear()
        self._next_upload = time.monotonic() + SECONDS_BETWEEN_UPLOADS

    @contextmanager
    def buffered_upload_loop(self) -> Iterator[None]:
        """Upload what is left at the end."""
        yield
        self._upload()
