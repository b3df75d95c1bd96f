"""A processing script: joins its input, and says on which host; ``fail`` and ``wait`` do so."""

import json
import sys
import time
from pathlib import Path

host = json.loads(Path("/opt/ml/config/resourceconfig.json").read_text())["current_host"]
files = sorted(Path("/opt/ml/processing/input/raw").rglob("*.csv"))
print(host, "reads", *(file.name for file in files), flush=True)
rows = "".join(file.read_text() for file in files)
Path(f"/opt/ml/processing/output/{host}.csv").write_text(rows)
if "greet" in sys.argv:
    from greeter import GREETING

    print(GREETING)
if "fail" in sys.argv:
    Path("/opt/ml/output/message").write_text("the rows are bad")
    sys.exit(3)
if "wait" in sys.argv:
    time.sleep(600)
