"""Defaults for the SageMaker Python SDK, which talks to AWS itself in places no endpoint reaches.

Without a default bucket the SDK asks the real STS for the account; and it reports each of its calls
to a bucket of AWS's. It reads a file of defaults, the administrator's, from where a variable says;
a user's own file goes before it. Version 3 also asks IAM whether a role may do what jobs do, unless
it is told not to.
"""

import json

from local_sagemaker.account import ACCOUNT, REGION
from local_sagemaker.home import Home

DEFAULT_BUCKET = f"sagemaker-{REGION}-{ACCOUNT}"
"""What the SDK would call it, once it knew the account."""

_DEFAULTS = {
    "SchemaVersion": "1.0",
    "SageMaker": {
        "PythonSDK": {
            "Modules": {"TelemetryOptOut": True, "Session": {"DefaultS3Bucket": DEFAULT_BUCKET}}
        }
    },
}


def sdk_environment(home: Home) -> dict[str, str]:
    """The variables that the SDK reads of a home's service, beside those of AWS.

    Args:
        home: The service's.
    """
    return {
        "SAGEMAKER_ADMIN_CONFIG_OVERRIDE": str(home.sdk_defaults),
        "SAGEMAKER_VALIDATE_ROLE": "false",
    }


def write_sdk_defaults(home: Home) -> None:
    """Put the file of defaults into a home, whole or not at all.

    Raises:
        OSError: It cannot be written.
    """
    new = home.sdk_defaults.with_suffix(".new")
    new.write_text(json.dumps(_DEFAULTS, indent=1), encoding="utf-8")  # JSON is YAML
    new.replace(home.sdk_defaults)
