"""The program of the page's image."""

import json
from pathlib import Path

ml = Path("/opt/ml")
parameters = json.loads((ml / "input/config/hyperparameters.json").read_text())
rows = (ml / "input/data/train/rows.csv").read_text().splitlines()
print("trained on", len(rows), "rows for", parameters["epochs"], "epochs")
(ml / "model/weights").write_text(parameters["learning_rate"])
