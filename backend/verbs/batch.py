"""The verb batch: many clips, many characters, one list."""

import argparse
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from backend.errors import Refusal
from backend.output import check_place

if TYPE_CHECKING:
    from backend.batch.job_list import Job
    from backend.batch.record import Ledger, Record

SUMMARY = "do the jobs of a list: clips onto characters, resumed where it was left"
SOME_FAILED = 1
RESTARTS = 100
"""Workers that may die before no more are started."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The list, who works at it, and where the report goes."""
    parser.add_argument(
        "jobs", type=Path, metavar="JOBS", help=".csv or .yaml: clip, character, output, verb, and flags of the verb"
    )
    parser.add_argument("--workers", type=int, default=1, help="processes that work at it here (%(default)s)")
    parser.add_argument("--part", type=int, default=1, metavar="K", help="only this one of the parts, from 1")
    parser.add_argument("--parts", type=int, default=1, metavar="N", help="parts that the list is cut into")
    parser.add_argument("--retry", action="store_true", help="also what failed before and has not changed since")
    parser.add_argument("--report", type=Path, help=".csv or .json (default: beside the list)")
    parser.add_argument("--openjd", action="store_true", help="progress as Open Job Description reads it")


def run(arguments: argparse.Namespace) -> int:
    """Does what is not done, prints a line per job, writes the report. Returns 1 where jobs failed. Raises Refusal
    where the list itself cannot be used."""
    from backend.batch.job_list import part_of, read_jobs
    from backend.batch.record import Ledger
    from backend.batch.report import all_done, report_rows, write_report

    jobs = part_of(read_jobs(arguments.jobs), arguments.part, arguments.parts)
    report = arguments.report or arguments.jobs.with_suffix(_suffix(arguments))
    check_place(report)
    if not 1 <= arguments.workers <= 1024:
        raise Refusal("bad-option", f"{arguments.workers} workers cannot work.", "Give a number from 1 to 1,024.")
    try:
        ledger = Ledger(arguments.jobs)
    except OSError as error:
        raise Refusal(
            "read-only", f"No folder can be made beside {arguments.jobs.name}.", "Copy the list to another place."
        ) from error
    if arguments.workers > 1:
        _hire(arguments, report)
    else:
        _work(jobs, ledger, arguments)
    rows = report_rows(jobs, ledger)
    write_report(report, rows)
    states = Counter(row["state"] for row in rows)
    print(f"{report}: " + ", ".join(f"{count:,} {state}" for state, count in sorted(states.items())))
    for row in [row for row in rows if row["state"] == "failed"][:20]:
        print(f"  job {row['job']} ({row['clip']}): {row['sentence']} {row['cure']}")
    if not all_done(rows) and arguments.openjd:
        print(f"openjd_fail: {len(rows) - states['done']} of {len(rows)} jobs failed", flush=True)
    return 0 if all_done(rows) else SOME_FAILED


def _suffix(arguments: argparse.Namespace) -> str:
    part = f".{arguments.part}of{arguments.parts}" if arguments.parts > 1 else ""
    return f"{part}.report.csv"


def _work(jobs: "list[Job]", ledger: "Ledger", arguments: argparse.Namespace) -> None:
    from backend.batch.work import work

    settled = 0

    def told(job: "Job", record: "Record", before: bool) -> None:
        nonlocal settled
        settled += 1
        how = f"{record.state} before" if before else f"{record.state} in {record.seconds:.2f} s"
        why = f": {record.sentence}" if record.sentence else ""
        print(f"{settled}/{len(jobs)} {job.clip} > {job.output.name}: {how}{why}", flush=True)
        if arguments.openjd:
            print(f"openjd_progress: {100 * settled / len(jobs):.1f}", flush=True)
            print(f"openjd_status: {job.clip}", flush=True)

    work(jobs, ledger, told, arguments.retry)


def _hire(arguments: argparse.Namespace, report: Path) -> None:
    """Lets so many processes work at the list, and replaces those that die."""
    command = [sys.executable, "-m", "backend", "batch", str(arguments.jobs)]
    command += [f"--part={arguments.part}", f"--parts={arguments.parts}"]
    command += ["--retry"] * arguments.retry + ["--openjd"] * arguments.openjd
    threads = str(max(1, (os.cpu_count() or 1) // arguments.workers))
    environment = os.environ | {"OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", threads)}

    def start(number: int) -> subprocess.Popen[bytes]:
        own = report.with_name(f".{report.stem}.{number}{report.suffix}")
        return subprocess.Popen([*command, f"--report={own}"], env=environment)

    workers = {number: start(number) for number in range(arguments.workers)}
    deaths = 0
    try:
        while workers:
            for number, worker in list(workers.items()):
                try:
                    status = worker.wait(timeout=0.1)
                except subprocess.TimeoutExpired:
                    continue
                del workers[number]
                if status < 0 and deaths < RESTARTS:
                    deaths += 1
                    print(f"worker {number} died (signal {-status}); another takes its place", file=sys.stderr)
                    workers[number] = start(number)
    finally:
        for worker in workers.values():
            worker.terminate()
        for number in range(arguments.workers):
            report.with_name(f".{report.stem}.{number}{report.suffix}").unlink(missing_ok=True)
