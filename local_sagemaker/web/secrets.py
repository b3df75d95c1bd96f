"""Keeping secrets of a request off the pages.

Secrets belong into AWS Secrets Manager. What a job is given all the same, as a hyperparameter or a
variable of its environment, is recognized by its name, such as ``DB_PASSWORD`` or ``apiKey``.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

MASK = "******"

_HOLDERS = ("Environment", "HyperParameters")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET = re.compile(
    r"\b(apikey|authorization|credentials?|passphrase|passwd|password|pat|pwd|secrets?|token"
    r"|(access|account|api|encryption|private|signing) keys?)\b"
)

# Where else a value such as 1 or true stands, it is no secret.
_SHORTEST = 4
_PLAIN = re.compile(r"true|false|none|null|-?[\d.]{1,5}", re.IGNORECASE)


def looks_secret(name: str) -> bool:
    """Whether the value of a hyperparameter or variable of this name is a secret."""
    words = " ".join(_WORD.findall(name)).lower()
    return _SECRET.search(words) is not None


class SecretMask:
    """Replaces the secrets of one job.

    Args:
        request: The members that the job was created with.
    """

    def __init__(self, request: Mapping[str, Any]) -> None:
        self._request = request
        forms = {form for value in _secrets(request) for form in _forms(value)}
        # A secret may hold another one: the longest first.
        found = sorted(forms, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, found))) if found else None

    def request(self) -> dict[str, Any]:
        """The request with a mask for each secret, wherever in it that stands."""
        hidden = {
            holder: {
                name: MASK if looks_secret(name) else value
                for name, value in self._request[holder].items()
            }
            for holder in _HOLDERS
            if holder in self._request
        }
        masked: dict[str, Any] = self._value({**self._request, **hidden})
        return masked

    def text(self, text: str) -> str:
        """A text without secrets."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {key: self._value(item) for key, item in value.items()}
        return [self._value(item) for item in value] if isinstance(value, list) else value


def _secrets(request: Mapping[str, Any]) -> Iterator[str]:
    for holder in _HOLDERS:
        for name, value in request.get(holder, {}).items():
            if looks_secret(name):
                yield value


def _forms(value: str) -> Iterator[str]:
    """A secret as it may be written: as it is, as the JSON of it, line by line."""
    plain = value
    try:
        decoded = json.loads(value)  # the SDK makes JSON of hyperparameters
        plain = decoded if isinstance(decoded, str) else value
    except ValueError:
        pass
    written = {value, plain, json.dumps(plain)[1:-1], *plain.splitlines()}
    return (form for form in written if len(form) >= _SHORTEST and not _PLAIN.fullmatch(form))
