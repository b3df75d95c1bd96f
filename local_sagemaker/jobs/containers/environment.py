"""A container's environment: built from nothing, so nothing of the user's leaks in."""

import os
from collections.abc import Mapping
from pathlib import Path

REGION = "us-east-1"
"""The region of everything on this machine."""

_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

_ELSEWHERE = frozenset(
    {
        "AWS_CONFIG_FILE",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        "AWS_PROFILE",
        "AWS_SESSION_TOKEN",
        "AWS_SHARED_CREDENTIALS_FILE",
    }
)


def container_environment(
    request: Mapping[str, str],
    service: Mapping[str, str],
    *,
    image: Mapping[str, str],
    home: Path,
    programs: list[Path],
    endpoint: str,
) -> dict[str, str]:
    """What a container's main process finds in its environment.

    The request's variables win over the image's, as in Docker. Credentials and endpoints win over
    the request's: whatever it says, a job on this machine does not call AWS.

    Args:
        request: The request's ``Environment``.
        service: What the service adds for this kind of job.
        image: The image's ENV.
        home: The home directory.
        programs: Directories that come first on PATH.
        endpoint: The local service's URL.
    """
    base = {
        "PATH": os.pathsep.join([*map(str, programs), _SYSTEM_PATH]),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        # As in SageMaker's scikit-learn image: log lines come at once, inputs stay clean.
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }
    local = {
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ENDPOINT_URL_S3": endpoint,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    kept = {name: value for name, value in request.items() if not _leads_away(name)}
    return {**base, **image, **kept, **service, **local}


def _leads_away(name: str) -> bool:
    """Whether a variable tells AWS's libraries of another endpoint, or of other credentials."""
    return name.startswith("AWS_ENDPOINT_URL") or name in _ELSEWHERE
