"""The page that the matrix becomes."""

import platform
import re
from collections.abc import Iterable, Mapping
from datetime import date

from benchmarks.fault_matrix.cell import Cell
from benchmarks.fault_matrix.columns import KINDS
from benchmarks.fault_matrix.trouble import Trouble

Cells = Mapping[tuple[str, str], Cell]
"""By the trouble's name with its heading, and by kind."""

_MESSAGE_CHARACTERS = 160
_JOB_NAME = re.compile(r"cell[0-9a-f]{8}(-[0-9-]+[0-9a-f]{10}-\d+|\[[0-9-]+\])")

_INTRODUCTION = """\
# The fault matrix

What becomes of a run, its job and its log when something goes wrong. Every cell is a Dagster run
in a process of its own, with the default pace and the default settings of `dagster_sagemaker`
unless the row names others, and a real job of 4 seconds on [SageMaker on this
machine](local-sagemaker.md) with its faults. Written by
`python -m benchmarks.fault_matrix`{when}.

A cell says: how the run ended (and its re-execution); how many jobs were made, and how many of
them still run; how many lines of the job's log are missing in the run's, and how many are there
twice; seconds from the job's end to the end of the run, or from the trouble if that came later, if
the job goes on, or if the run was cancelled; where no job was made, from the start of the run's
process.

Checked in every cell: the run ends as it should, and its error says why; as many jobs were made
as were needed, never two at once and never two that completed (**none duplicated**); none runs on
that nobody follows (**none leaked**); a job that completed is used (**none lost**); each line of
the log comes once. The lines of a cancelled run, and of a log that the service does not give, may
be missing.

Runs that are killed at random moments, 200 of them: [crash points](crash-points.md).

**{total} cells, {wrong}.**
"""


def page(groups: Mapping[str, tuple[Trouble, ...]], cells: Cells) -> str:
    """The page as Markdown."""
    wrong = [(name, kind, cell) for (name, kind), cell in cells.items() if cell.wrong]
    said = "none of them wrong" if not wrong else f"{len(wrong)} of them wrong (⚠)"
    when = f" on {date.today().isoformat()}, Python {platform.python_version()}"
    parts = [_INTRODUCTION.format(total=len(cells), wrong=said, when=when)]
    for heading, troubles in groups.items():
        rows = [_row(heading, trouble, cells) for trouble in troubles]
        found = [row for row in rows if row is not None]
        if found:
            parts.append(_table(heading, found))
    if wrong:
        parts.append("## What is wrong\n")
        parts.append(_list(wrong))
    return "\n".join(parts)


def key(heading: str, trouble: Trouble) -> str:
    """What a row is called among all of them."""
    return f"{heading}: {trouble.name}"


def _table(heading: str, rows: Iterable[str]) -> str:
    head = "| trouble | processing | training | what the failure says |\n|---|---|---|---|"
    return f"## {heading}\n\n{head}\n" + "\n".join(rows) + "\n"


def _row(heading: str, trouble: Trouble, cells: Cells) -> str | None:
    found = {kind: cells.get((key(heading, trouble), kind)) for kind in KINDS}
    some = [cell for cell in found.values() if cell is not None]
    if not some:
        return None
    message = next((cell.message for cell in some if cell.message), "")
    shown = (_cell(found[kind]) for kind in KINDS)
    return f"| {trouble.name} | {' | '.join(shown)} | {_shortened(message)} |"


def _cell(cell: Cell | None) -> str:
    if cell is None:
        return "-"
    outcome = ", then ".join(status.lower() for status in cell.outcomes)
    mark = "⚠ " if cell.wrong else ""
    jobs = f"{cell.jobs} job{'' if cell.jobs == 1 else 's'}, {cell.left} left"
    lines = f"lines {cell.lost} missing, {cell.twice} twice"
    return f"{mark}{outcome}<br>{jobs}<br>{lines}<br>{cell.told:.1f} s"


def _shortened(message: str) -> str:
    line = _JOB_NAME.sub("…", message.partition("\n")[0]).replace("|", "\\|")
    if len(line) <= _MESSAGE_CHARACTERS:
        return line
    return line[:_MESSAGE_CHARACTERS].rpartition(" ")[0] + " …"


def _list(wrong: Iterable[tuple[str, str, Cell]]) -> str:
    lines = [
        f"- {name} ({kind}): {_shortened('; '.join(cell.wrong))}" for name, kind, cell in wrong
    ]
    return "\n".join(lines) + "\n"
