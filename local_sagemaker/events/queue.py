"""The queue that events go to."""

from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from local_sagemaker.account import REGION

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Queue:
    """A queue of the daemon's own SQS, made if it is not there; or of another SQS, by its URL.

    Nothing here can reach AWS: the keys are none.

    Args:
        target: The queue's name or URL.
        endpoint: The daemon's URL.
    """

    def __init__(self, target: str, endpoint: str) -> None:
        address = urlsplit(target)
        elsewhere = bool(address.scheme) and not target.startswith(f"{endpoint}/")
        self._name = None if elsewhere else target.rpartition("/")[2]
        self._url = target if elsewhere else None
        self._endpoint = f"{address.scheme}://{address.netloc}" if elsewhere else endpoint
        self._fifo = target.endswith(".fifo")

    def send(self, text: str, job: str, identity: str) -> None:
        """Send a message; it is acknowledged when this returns.

        Args:
            text: The message.
            job: The ARN of the job it is about; in a FIFO queue, its messages stay in order.
            identity: Tells the message from every other one.

        Raises:
            botocore.exceptions.ClientError: SQS refused.
            botocore.exceptions.BotoCoreError: It did not answer.
        """
        order = {"MessageGroupId": job, "MessageDeduplicationId": identity} if self._fifo else {}
        self._client.send_message(QueueUrl=self.find(), MessageBody=text, **order)

    def find(self) -> str:
        """The queue's URL, once it is there; errors as in ``send``."""
        if self._url is None:
            self._url = self._found_or_made()
        return self._url

    def lose(self) -> None:
        """Look for the queue again: it may have gone."""
        if self._name is not None:
            self._url = None

    def _found_or_made(self) -> str:
        from botocore.exceptions import ClientError

        try:
            return str(self._client.get_queue_url(QueueName=self._name)["QueueUrl"])
        except ClientError as error:
            if "NonExistentQueue" not in str(error.response["Error"]["Code"]):
                raise
        attributes = {"Attributes": {"FifoQueue": "true"}} if self._fifo else {}
        return str(self._client.create_queue(QueueName=self._name, **attributes)["QueueUrl"])

    @cached_property
    def _client(self) -> Any:
        from botocore.config import Config
        from botocore.session import Session

        near = urlsplit(self._endpoint).hostname in _LOOPBACK
        return Session().create_client(
            "sqs",
            region_name=REGION,
            endpoint_url=self._endpoint,
            aws_access_key_id="local",
            aws_secret_access_key="local",  # noqa: S106 - it has no secrets
            config=Config(
                connect_timeout=5,
                read_timeout=20,
                retries={"total_max_attempts": 1},
                proxies={} if near else None,
            ),
        )
