"""Keeping secrets of a request out of what people read: logs, errors and metadata.

Secrets belong in AWS Secrets Manager, where the job itself can fetch them. What is given to a job
all the same is recognized by its name: an environment variable or hyperparameter ``DB_PASSWORD``,
``apiKey`` or ``hf-token``, an argument ``--password=...``, the password of a URL.
"""

import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import dagster as dg

MASK = "******"

SECRET_WORDS = frozenset(
    {
        "apikey",
        "authorization",
        "credential",
        "credentials",
        "passphrase",
        "passwd",
        "password",
        "pat",
        "pwd",
        "secret",
        "secrets",
        "token",
    }
)
"""Words of a name that make its value a secret."""

SECRET_KEYS = frozenset({"access", "account", "api", "encryption", "private", "signing"})
"""Words that do so before the word ``key``."""

# Masking a value such as 1 or true would only make a log unreadable.
_SHORTEST = 4
_PLAIN = re.compile(r"true|false|none|null|-?[\d.]{1,5}", re.IGNORECASE)

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_ARGUMENT = re.compile(r"--?([A-Za-z][\w.-]*)(?:=|\s+)(\"[^\"]*\"|'[^']*'|\S+)")
_ASSIGNMENT = re.compile(r"\b([A-Za-z_]\w*)=(\"[^\"]*\"|'[^']*'|\S+)")
_URL_PASSWORD = re.compile(r"\w+://[^\s/@:]*:([^\s/@]+)@")


def looks_secret(name: str, marked: Iterable[str] = ()) -> bool:
    """Whether a value of this name is a secret.

    Args:
        name: Of an environment variable, a hyperparameter or an argument.
        marked: Names that are secret however they look.
    """
    if name in marked:
        return True
    words = [word.lower() for word in _WORD.findall(name)]
    if not SECRET_WORDS.isdisjoint(words):
        return True
    return any(
        second in {"key", "keys"} and first in SECRET_KEYS for first, second in pairwise(words)
    )


class Mask:
    """Replaces secrets in texts.

    Args:
        marked: Names of variables, hyperparameters and arguments that are secret however they look.
    """

    def __init__(self, marked: Iterable[str] = ()) -> None:
        self._marked = frozenset(marked)
        self._secrets: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def learn(self, request: Mapping[str, Any]) -> None:
        """Take the secrets of a boto3 request."""
        for value in _secrets(request, self._marked):
            self._secrets |= set(_forms(value))
        # A secret may hold another one: the longest first.
        found = sorted(self._secrets, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, found))) if found else None

    def __call__(self, text: str) -> str:
        """The text without secrets."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def value(self, value: Any) -> Any:
        """A value of metadata without secrets; what is no text stays as it is."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, dg.TextMetadataValue):
            return dg.MetadataValue.text(self(value.text or ""))
        if isinstance(value, dg.MarkdownMetadataValue):
            return dg.MetadataValue.md(self(value.md_str or ""))
        return value


@contextmanager
def secrets_masked(log: logging.Logger, mask: Mask) -> Iterator[None]:
    """Keep secrets out of a log, and out of errors that leave the block."""

    def masked(record: logging.LogRecord) -> bool:
        record.msg, record.args = mask(record.getMessage()), ()
        return True

    log.addFilter(masked)
    try:
        yield
    except BaseException as error:
        _mask_error(error, mask)
        raise
    finally:
        log.removeFilter(masked)


def _mask_error(error: BaseException | None, mask: Mask) -> None:
    """Mask the texts of an error and of those that led to it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        error.args = tuple(mask.value(argument) for argument in error.args)
        if isinstance(error, dg.Failure):
            error.description = mask(error.description or "")
            error.metadata = {key: mask.value(item) for key, item in error.metadata.items()}
        error = error.__cause__ or error.__context__


def _secrets(request: Mapping[str, Any], marked: frozenset[str]) -> Iterator[str]:
    for member in ("Environment", "HyperParameters"):
        values = request.get(member)
        if isinstance(values, Mapping):
            for name, value in values.items():
                if looks_secret(str(name), marked):
                    yield str(value)
    for text in _texts(request):
        yield from _URL_PASSWORD.findall(text)
    for container in ("AppSpecification", "AlgorithmSpecification"):
        specification = request.get(container)
        if isinstance(specification, Mapping):
            for member in ("ContainerEntrypoint", "ContainerArguments"):
                yield from _of_arguments(specification.get(member), marked)


def _of_arguments(arguments: Any, marked: frozenset[str]) -> Iterator[str]:
    """``--password=x``, ``--password x`` in one argument or in two, ``PASSWORD=x``."""
    if not isinstance(arguments, Sequence) or isinstance(arguments, str):
        return
    texts = [str(argument) for argument in arguments]
    for name, value in pairwise(texts):
        if re.fullmatch(r"--?[A-Za-z][\w.-]*", name) and looks_secret(name.strip("-"), marked):
            yield value
    for text in texts:
        for pattern in (_ARGUMENT, _ASSIGNMENT):
            for name, value in pattern.findall(text):
                if looks_secret(name, marked):
                    yield value.strip("\"'")


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for item in node.values():
            yield from _texts(item)
    elif isinstance(node, (list, tuple)):
        for item in node:
            yield from _texts(item)


def _forms(value: str) -> Iterator[str]:
    """A secret as it may be written: as it is, quoted, in JSON, in Python, line by line."""
    plain = _decoded(value)
    written = {value, plain, json.dumps(plain)[1:-1], repr(plain)[1:-1], *plain.splitlines()}
    return (form for form in written if len(form) >= _SHORTEST and not _PLAIN.fullmatch(form))


def _decoded(value: str) -> str:
    """The text of a JSON string, which is what the SageMaker SDK makes of a hyperparameter."""
    try:
        decoded = json.loads(value)
    except ValueError:
        return value
    return decoded if isinstance(decoded, str) else value
