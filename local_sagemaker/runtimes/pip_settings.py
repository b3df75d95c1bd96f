"""How pip is run, so that it finds the user's package index and nothing else of theirs."""

import configparser
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

# Where pip would install; the place is ours to choose.
_PLACES = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER", "PIP_PYTHON")


def pip_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment for building a runtime: the user's, index and proxy settings included.

    Left out are AWS's variables (a build has no business with AWS) and what would make pip or
    Python work elsewhere than in the new environment.
    """
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith(("AWS_", "PYTHON")) and name not in (*_PLACES, "VIRTUAL_ENV")
    }
    kept["PIP_USER"] = "0"
    # Three more tries of pip's default five only make an unreachable index take longer to report.
    kept.setdefault("PIP_RETRIES", "2")
    return kept


def pip_configuration(environment: Mapping[str, str]) -> str:
    """The user's pip settings as the text of a ``pip.conf``.

    For jobs: their environment is built from nothing, yet a ``requirements.txt`` has to find the
    packages where the user finds them. A machine-wide ``pip.conf`` needs no copy.

    Args:
        environment: The user's.
    """
    parser = configparser.RawConfigParser()
    parser.read(_user_files(environment), encoding="utf-8")
    if not parser.has_section("global"):
        parser.add_section("global")
    for name, value in environment.items():
        if name.startswith("PIP_") and name not in (*_PLACES, "PIP_CONFIG_FILE"):
            parser.set("global", name[len("PIP_") :].lower().replace("_", "-"), value)
    proxy = _proxy(environment, parser.get("global", "index-url", fallback=""))
    if proxy and not parser.has_option("global", "proxy"):
        parser.set("global", "proxy", proxy)
    return "".join(
        f"[{section}]\n"
        + "".join(f"{key} = {_value(text)}\n" for key, text in parser.items(section))
        for section in parser.sections()
    )


def _user_files(environment: Mapping[str, str]) -> list[Path]:
    """Where pip itself looks, the later ones winning ("Configuration" in its documentation)."""
    home = Path(environment.get("HOME", "/nonexistent"))
    config = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    named = environment.get("PIP_CONFIG_FILE")
    files = [home / ".pip" / "pip.conf", config / "pip" / "pip.conf"]
    return [*files, Path(named)] if named and named != os.devnull else files


def _proxy(environment: Mapping[str, str], index: str) -> str | None:
    lower = {name.lower(): value for name, value in environment.items()}
    host = urlsplit(index).hostname or ""
    exempt = [part.strip().lstrip(".") for part in lower.get("no_proxy", "").split(",")]
    if any(part and (part == "*" or f".{host}".endswith(f".{part}")) for part in exempt):
        return None
    return lower.get("https_proxy") or lower.get("http_proxy")


def _value(text: str) -> str:
    return "\n    ".join(text.split("\n"))
