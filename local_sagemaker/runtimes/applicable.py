"""Which requirements of a table count for the Python that runs this."""

from collections.abc import Iterable

from packaging.markers import default_environment
from packaging.requirements import Requirement


def applicable(texts: Iterable[str]) -> list[Requirement]:
    """The requirements whose environment markers are true here."""
    environment = {name: str(value) for name, value in default_environment().items()}
    requirements = [Requirement(text) for text in texts]
    return [one for one in requirements if one.marker is None or one.marker.evaluate(environment)]
