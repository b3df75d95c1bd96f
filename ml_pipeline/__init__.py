"""A daily model on Amazon SageMaker, orchestrated by Dagster.

Exposes ``defs``, the Dagster definitions, without importing Dagster before someone asks for them:
the service in ``local_sagemaker`` starts in a fraction of the time that takes.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ml_pipeline.definitions import defs as defs

__all__ = ["defs"]


def __getattr__(name: str) -> Any:
    if name == "defs":
        from ml_pipeline.definitions import defs

        return defs
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
