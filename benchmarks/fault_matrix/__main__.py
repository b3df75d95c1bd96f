"""Run the cells and write the page."""

import argparse
import sys
import tempfile
from pathlib import Path
from threading import Event

from benchmarks.fault_matrix.cell import Cell, run_cell
from benchmarks.fault_matrix.columns import side_by_side
from benchmarks.fault_matrix.page import key, page
from benchmarks.fault_matrix.scene import scene
from benchmarks.fault_matrix.trouble import Kind
from benchmarks.fault_matrix.troubles import GROUPS

_PAGE = Path(__file__).parents[2] / "docs" / "fault-matrix.md"


def main() -> None:
    """Run every cell, a column beside the other; exits with 1 if one of them is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="troubles whose name or heading has this")
    parser.add_argument("--page", type=Path, default=_PAGE, help="where the page is written")
    options = parser.parse_args()
    columns = side_by_side(lambda kind, over: _column(kind, options.only, over))
    cells = {where: cell for column in columns for where, cell in column.items()}
    options.page.write_text(page(GROUPS, cells))
    sys.exit(any(cell.wrong for cell in cells.values()))


def _column(kind: Kind, only: str, over: Event) -> dict[tuple[str, str], Cell]:
    cells: dict[tuple[str, str], Cell] = {}
    with tempfile.TemporaryDirectory() as folder, scene(kind, Path(folder)) as place:
        for heading, troubles in GROUPS.items():
            for trouble in troubles:
                name = key(heading, trouble)
                if kind not in trouble.kinds or only not in name or over.is_set():
                    continue
                cell = cells[name, kind] = run_cell(place, trouble)
                print(f"{kind:10} {name}: {', '.join(cell.outcomes)} {cell.told:.1f} s", flush=True)
                for problem in cell.wrong:
                    print(f"{'':10} wrong: {problem}", flush=True)
    return cells


if __name__ == "__main__":
    main()
