"""What became of the jobs of a list, as a table."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

from backend.batch.job_list import Job
from backend.batch.record import DONE, Ledger
from backend.output import write_whole

COLUMNS: tuple[str, ...] = (
    "job",
    "verb",
    "clip",
    "character",
    "output",
    "state",
    "seconds",
    "code",
    "sentence",
    "cure",
)
OPEN = "open"
"""The state of a job that nobody has settled."""


def report_rows(jobs: Sequence[Job], ledger: Ledger) -> list[dict[str, str | int | float]]:
    """One row per job, by COLUMNS."""
    rows = []
    for job in jobs:
        record = ledger.read(job)
        row: dict[str, str | int | float] = dict(
            zip(COLUMNS, (job.number, job.verb, job.clip, job.character), strict=False)
        )
        row |= {"output": str(job.output), "state": record.state if record else OPEN}
        row["seconds"] = round(record.seconds, 3) if record else 0.0
        row |= {name: getattr(record, name) if record else "" for name in ("code", "sentence", "cure")}
        rows.append(row)
    return rows


def write_report(path: Path, rows: Sequence[dict[str, str | int | float]]) -> None:
    """As JSON where the suffix says so, else as CSV. Raises Refusal."""

    def write(place: Path) -> None:
        if path.suffix.lower() == ".json":
            place.write_text(json.dumps(list(rows), indent=1), encoding="utf-8")
            return
        with place.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)

    write_whole(path, path.suffix, write)


def all_done(rows: Sequence[dict[str, str | int | float]]) -> bool:
    """Whether no job failed or is open."""
    return all(row["state"] == DONE for row in rows)
