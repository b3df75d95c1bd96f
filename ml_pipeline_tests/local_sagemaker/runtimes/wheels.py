"""Making wheels, for installing without a package index."""

import io
import zipfile


def wheel(name: str, version: str, source: str, requires: str = "") -> tuple[str, bytes]:
    """A wheel of one module.

    Args:
        name: The module's, and the package's.
        version: The package's.
        source: The module's.
        requires: What else pip is to install with it.

    Returns:
        Its file name and content.
    """
    info = f"{name}-{version}.dist-info"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(f"{name}.py", source)
        lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
        lines += [f"Requires-Dist: {requires}"] if requires else []
        archive.writestr(f"{info}/METADATA", "".join(f"{line}\n" for line in lines))
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    return f"{name}-{version}-py3-none-any.whl", buffer.getvalue()
