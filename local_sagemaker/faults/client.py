"""Asking a daemon for faults, from another process."""

import http.client
import json
from typing import Any
from urllib.parse import quote

_PATH = "/_admin/"
_SECONDS = 10.0


class FaultsClient:
    """The faults of a daemon.

    Args:
        port: Where on 127.0.0.1 the daemon listens.
    """

    def __init__(self, port: int) -> None:
        self._port = port

    def add(self, fault: str, **members: Any) -> str:
        """Let a fault strike from now on.

        Args:
            fault: The kind of fault.
            **members: As ``model.MEMBERS`` says.

        Returns:
            Its id.

        Raises:
            ValueError: The fault is none.
            OSError: The daemon does not answer.
        """
        return str(self._ask("POST", "faults", {"fault": fault, **members})["id"])

    def put(self, identity: str, fault: str, **members: Any) -> None:
        """Let a fault strike under an id of one's own; errors as in ``add``."""
        self._ask("PUT", _place(identity), {"fault": fault, **members})

    def list(self) -> list[dict[str, Any]]:
        """All faults, and how often each has struck; errors as in ``add``."""
        found: list[dict[str, Any]] = self._ask("GET", "faults")["faults"]
        return found

    def clear(self, identity: str = "") -> None:
        """End a fault, or all of them; errors as in ``add``."""
        self._ask("DELETE", _place(identity) if identity else "faults")

    def interrupt(self, job: str, seconds: float = 0.0) -> None:
        """Take the instances of a spot job away.

        Args:
            job: The training job's name.
            seconds: Until there are instances again.

        Raises:
            ValueError: It has none to lose.
            OSError: The daemon does not answer.
        """
        after = {"seconds": seconds} if seconds else {}
        self._ask("POST", "interruptions", {"job": job, **after})

    def _ask(self, method: str, place: str, document: dict[str, Any] | None = None) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_SECONDS)
        body = None if document is None else json.dumps(document)
        try:
            connection.request(method, _PATH + place, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            text = response.read()
        except http.client.HTTPException as error:
            raise ConnectionError(f"the local SageMaker does not answer: {error!r}") from error
        finally:
            connection.close()
        if response.status >= 400:
            raise ValueError(json.loads(text)["message"])
        return json.loads(text) if text else None


def _place(identity: str) -> str:
    return f"faults/{quote(identity, safe='')}"
