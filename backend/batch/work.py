"""One worker at a list: takes jobs that nobody has, does what is not done, and leaves a record of each."""

import argparse
import contextlib
import io
import shutil
import time
import traceback
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from filelock import Timeout

from backend.batch.job_list import Job
from backend.batch.record import DONE, FAILED, WORKING, Ledger, Record
from backend.errors import Refusal

MOST_DEATHS = 3
"""Workers that a job may take with it before it counts as failed."""

PAUSE = 0.2
"""Seconds between looks at the jobs that other workers have."""

Told = Callable[[Job, Record, bool], None]
"""Called with each job's record when it is settled, and whether it was so before."""


def work(jobs: Sequence[Job], ledger: Ledger, told: Told, retry: bool = False) -> None:
    """Settles every job: done, or failed with a reason. retry: also what has failed before and would fail the same way.

    Jobs that other workers have are waited for, and taken over where those end without settling them. Outputs are
    made in a folder of their own and moved into place when all of them and the record are whole.
    """
    waiting = list(jobs)
    while waiting:
        busy = []
        for job in waiting:
            try:
                with ledger.lock(job).acquire(timeout=0):
                    record, before = _settled(job, ledger, retry)
            except Timeout:
                busy.append(job)
                continue
            told(job, record, before)
        if len(busy) == len(waiting):
            time.sleep(PAUSE)
        waiting = busy


def _settled(job: Job, ledger: Ledger, retry: bool) -> tuple[Record, bool]:
    """The job's record once it is settled, and whether it was before. To be called with its lock."""
    try:
        made_of = ledger.made_of(job)
    except OSError as error:
        name = Path(str(error.filename)).name if error.filename else "An input"
        failed = _failed("", Refusal("missing-file", f"{name} cannot be read.", "Check the path."))
        ledger.write(job, failed)
        return failed, False
    record = ledger.read(job)
    if record is not None and record.made_of == made_of:
        if record.state == DONE and _in_place(job, record, ledger):
            return record, True
        if record.state == FAILED and not retry:
            return record, True
    deaths = record.deaths + 1 if record is not None and record.state == WORKING and record.made_of == made_of else 0
    settled = _done(job, ledger, made_of, deaths)
    ledger.write(job, settled)
    if settled.state == DONE:
        _in_place(job, settled, ledger)
    shutil.rmtree(_stage(job), ignore_errors=True)
    return settled, False


def _in_place(job: Job, record: Record, ledger: Ledger) -> bool:
    """Whether all outputs are as the record says; those that were staged and not yet moved are moved now."""
    for name, digest in record.files.items():
        place, staged = getattr(job.options, name), Path(record.staged.get(name, ""))
        if place.is_file() and ledger.digest(place) == digest:
            continue
        if not (staged.is_file() and ledger.digest(staged) == digest):
            return False
        staged.replace(place)
    return True


def _done(job: Job, ledger: Ledger, made_of: str, deaths: int) -> Record:
    """Does a job, up to its outputs lying in the stage. Returns what came of it."""
    if deaths >= MOST_DEATHS:
        sentence = f"{deaths} workers ended without a word while they were at it."
        return _failed(made_of, Refusal("worker-died", sentence, "Run the job alone and watch its memory."))
    ledger.write(job, Record(made_of, WORKING, deaths=deaths))
    started = time.monotonic()
    stage = _stage(job)
    try:
        shutil.rmtree(stage, ignore_errors=True)
        stage.mkdir(parents=True)
        staged = {name: stage / f"{name}{getattr(job.options, name).suffix}" for name in job.outputs}
        options = argparse.Namespace(**(vars(job.options) | staged))
        with contextlib.redirect_stdout(io.StringIO()):
            import_module(f"backend.verbs.{job.verb}").run(options)
        files = {name: ledger.digest(path) for name, path in staged.items()}
    except Refusal as refusal:
        reason = refusal
    except OSError as error:
        what = error.strerror or type(error).__name__
        reason = Refusal(
            "not-written", f"{job.output} cannot be written ({what}).", "Make room, or choose another place."
        )
    except Exception as error:
        # One clip that meets a bug must not cost the night's other thousand; what happened is kept for its report.
        (ledger.folder / f"job_{job.number}.log").write_text(traceback.format_exc(), encoding="utf-8")
        log = f"{ledger.folder.name}/job_{job.number}.log"
        reason = Refusal(
            "internal-error", f"An error of the program: {type(error).__name__}.", f"Report it with {log}."
        )
    else:
        places = {name: str(path) for name, path in staged.items()}
        return Record(made_of, DONE, files, places, seconds=time.monotonic() - started)
    return _failed(made_of, reason, time.monotonic() - started)


def _failed(made_of: str, why: Refusal, seconds: float = 0.0) -> Record:
    return Record(made_of, FAILED, seconds=seconds, code=why.code, sentence=why.sentence, cure=why.cure)


def _stage(job: Job) -> Path:
    """Beside the output, so that moving it there is one step."""
    return job.output.parent / f".{job.output.name}.stage"
