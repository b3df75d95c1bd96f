"""A processing script that says of a model how good it is: as good as its channel is long."""

import json
import tarfile
from pathlib import Path

inputs = Path("/opt/ml/processing/input")
with tarfile.open(inputs / "model" / "model.tar.gz") as archive:
    assert "model.txt" in {Path(name).name for name in archive.getnames()}
rows = sum(len(file.read_text().splitlines()) for file in (inputs / "rows").rglob("*.csv"))
report = Path("/opt/ml/processing/output/report.json")
report.write_text(json.dumps({"metrics": {"rows": {"value": rows}}}))
