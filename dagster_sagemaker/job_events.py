"""State changes of jobs, as an EventBridge rule puts them on a queue of SQS."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dagster_sagemaker.kinds import KINDS

if TYPE_CHECKING:
    from dagster_sagemaker.connection import SageMakerConnection

_AT_ONCE = 10  # what one request may receive


@dataclass(frozen=True)
class JobEvents:
    """A queue that is told of jobs, and that nobody else reads.

    Events come more than once, late, and out of order, and some never: they say when to look.

    Args:
        connection: Where the queue is.
        queue: Its URL or its name.
        seconds: How long to read at a time.
    """

    connection: "SageMakerConnection"
    queue: str
    seconds: float = 10.0

    def ended(self) -> set[str]:
        """The names of jobs that have ended, of what is on the queue now; it is removed from it.

        Raises:
            botocore.exceptions.ClientError: SQS refused, or knows no such queue.
            botocore.exceptions.BotoCoreError: It did not answer.
        """
        return {name for body in self._bodies() if (name := _ended_job(body)) is not None}

    def _bodies(self) -> Iterator[str]:
        sqs = self.connection.client("sqs")
        url = self.queue
        if "://" not in url:
            url = sqs.get_queue_url(QueueName=self.queue)["QueueUrl"]
        deadline = time.monotonic() + self.seconds
        while time.monotonic() < deadline:
            messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=_AT_ONCE).get(
                "Messages", []
            )
            if not messages:
                return
            yield from (message["Body"] for message in messages)
            sqs.delete_message_batch(
                QueueUrl=url,
                Entries=[
                    {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]}
                    for index, message in enumerate(messages)
                ],
            )


def _ended_job(body: str) -> str | None:
    """The job that an event says has ended; None for any other message."""
    try:
        detail: Any = json.loads(body)["detail"]
        for kind in KINDS.values():
            if kind.status_field in detail and kind.is_over(detail):
                return str(detail[kind.name_field])
    except (ValueError, KeyError, TypeError):
        return None
    return None
