"""Runs that are killed with kill -9 at random moments, and executed again.

Every point is a run whose process is killed between its first request and a while after its job's
end: half of the points just before or after a request, the others at any time. Then the run is
executed again, and checked: exactly one job was made, it completed, and each line of its log is in
the log of that run once. Prints how many points fell into which phase, and what was wrong.

    python -m benchmarks.crash_points --points 200 --seed 1
"""

import argparse
import random
import sys
import tempfile
import uuid
from collections import Counter
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

from benchmarks.fault_matrix.cell import wrong_jobs
from benchmarks.fault_matrix.columns import KINDS, side_by_side
from benchmarks.fault_matrix.job import BUCKET, request
from benchmarks.fault_matrix.play import Play
from benchmarks.fault_matrix.scene import Scene, scene
from benchmarks.fault_matrix.trouble import Kind
from ml_pipeline_tests.dagster_sagemaker.claimant import Errand

SCRIPT = 'for i in $(seq 5); do echo "<{{ job_name }} line $i>"; sleep 0.2; done; echo 1 > {output}'
_MOMENTS = 40
_LOOKS = {"initial_seconds": 0.1, "cap_seconds": 0.1, "steps": [], "late_log_seconds": 0.3}


def main() -> None:
    """Kill runs, one of each kind at a time; exits with 1 if something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options = parser.parse_args()
    print(f"seed {options.seed}")
    points, seed = options.points // len(KINDS), options.seed
    found = side_by_side(lambda kind, over: crash(kind, points, seed, over))
    phases: Counter[str] = sum((phases for phases, _ in found), Counter())
    wrong = [line for _, lines in found for line in lines]
    print(f"{'when it was killed':44}{'runs':>6}")
    for phase, count in sorted(phases.items()):
        print(f"{phase:44}{count:6}")
    print(f"{'wrong':44}{len(wrong):6}")
    print("\n".join(wrong))
    sys.exit(bool(wrong))


def crash(kind: Kind, points: int, seed: int, over: Event) -> tuple[Counter[str], list[str]]:
    """Kill runs with jobs of a kind; the phases they were in, and what was wrong."""
    chance = random.Random(f"{kind} {seed}")
    phases: Counter[str] = Counter()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder, scene(kind, Path(folder)) as place:
        seconds = _length(place)
        for number in range(points):
            if over.is_set():
                break
            moment: dict[str, Any] = {"die_at": chance.randrange(1, _MOMENTS)}
            if number % 2:
                moment = {"die_after": chance.uniform(0, seconds)}
            phase, problems = _crash(replace(_errand(place), **moment), place)
            phases[phase] += 1
            said = f"{kind} {moment} {phase}"
            print(said, "; ".join(problems) or "right", sep=": ", flush=True)
            wrong += [f"{said}: {line}" for line in problems]
    return phases, wrong


def _length(place: Scene) -> float:
    """Seconds that a run takes from about its first request on."""
    errand = _errand(place)
    ended = Play(place, errand).outcome().ended
    return ended - place.jobs(errand.asset)[0].created


def _crash(errand: Errand, place: Scene) -> tuple[str, list[str]]:
    """Kill one run, and go on with it."""
    play = Play(place, errand)
    try:
        first = play.outcome()
        jobs = place.jobs(errand.asset)
        phase = f"with the job {jobs[-1].status}" if jobs else "before there was a job"
        if first.status != "KILLED":
            phase = "not killed: the run was over"
        play.again()
        second = play.outcome()
        jobs = place.jobs(errand.asset)
        written = sum((place.lines(job) for job in jobs), Counter())
        problems = wrong_jobs(jobs, 1)
        if second.status != "SUCCESS":
            problems.append(f"ended as {second.status}: {second.message}")
        if second.lines != written:
            problems.append(f"lines {dict(second.lines)} instead of {dict(written)}")
        return phase, problems
    finally:
        play.clean_up()


def _errand(place: Scene) -> Errand:
    return Errand(
        url=place.url,
        bucket=BUCKET,
        asset=f"point{uuid.uuid4().hex[:8]}",
        request=request(place.kind, SCRIPT, {}),
        dagster_home=str(place.dagster_home),
        kind=place.kind,
        optional_outputs=(),
        polling=_LOOKS,
        quiet=True,
    )


if __name__ == "__main__":
    main()
