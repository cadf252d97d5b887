"""The verb batch: what is done, skipped, failed and taken over."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from backend.__main__ import main
from backend.batch import work as work_module
from backend.batch.job_list import read_jobs
from backend.batch.record import DONE, WORKING, Ledger, Record
from backend.batch.work import MOST_DEATHS, work

ROOT = Path(__file__).resolve().parents[2]


def report(place: Path) -> list[dict[str, str]]:
    with (place / "jobs.report.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def jaw(path: Path) -> float:
    with np.load(path) as curves:
        return float(curves["values"][:, 0].max())


def states(path: Path) -> dict[str, tuple[int, int]]:
    """Of every file: its inode and time, which change with anything that writes it."""
    return {one.name: (one.stat().st_ino, one.stat().st_mtime_ns) for one in path.glob("*.npz")}


def test_jobs_are_done_once_and_again_only_where_something_changed(place, listed, job_rows, capsys) -> None:
    rows = job_rows(4)
    rows[1]["gain"] = "jawOpen=0.5"
    path = listed(rows)
    assert main(["batch", str(path)]) == 0
    assert "4 done" in capsys.readouterr().out
    assert jaw(place / "out" / "curves_0.npz") == pytest.approx(0.2)
    assert jaw(place / "out" / "curves_1.npz") == pytest.approx(0.2)
    assert [row["state"] for row in report(place)] == ["done"] * 4
    before = states(place / "out")
    assert not [one for one in (place / "out").iterdir() if one.suffix != ".npz"]
    assert main(["batch", str(path)]) == 0
    assert capsys.readouterr().out.count("done before") == 4 and states(place / "out") == before
    rows[1]["gain"] = "jawOpen=1"
    (place / "clip_2.npz").write_bytes((place / "clip_3.npz").read_bytes())
    (place / "out" / "curves_3.npz").write_bytes(b"damaged")
    assert main(["batch", str(listed(rows))]) == 0
    assert capsys.readouterr().out.count("done in") == 3
    changed = [name for name, state in states(place / "out").items() if state != before[name]]
    assert sorted(changed) == ["curves_1.npz", "curves_2.npz", "curves_3.npz"]
    assert jaw(place / "out" / "curves_1.npz") == pytest.approx(0.4)


def test_what_fails_is_said_and_the_rest_is_done(place, listed, job_rows, capsys) -> None:
    rows = job_rows(5)
    (place / "clip_1.npz").write_bytes(b"no performance")
    (place / "clip_2.npz").unlink()
    rows[3]["mapping"] = "none.json"
    path = listed(rows)
    assert main(["batch", str(path), "--report", str(place / "all.json")]) == 1
    out = capsys.readouterr().out
    assert "job 2 (clip_1.npz): clip_1.npz cannot be read as a performance." in out
    found = json.loads((place / "all.json").read_text())
    assert [row["state"] for row in found] == ["done", "failed", "failed", "failed", "done"]
    assert [row["code"] for row in found][1:3] == ["bad-performance", "missing-file"]
    assert all(row["sentence"] and row["cure"] for row in found[1:4])
    assert sorted(one.name for one in (place / "out").iterdir()) == ["curves_0.npz", "curves_4.npz"]
    assert main(["batch", str(path)]) == 1
    assert "clip_1.npz > curves_1.npz: failed before" in capsys.readouterr().out
    assert main(["batch", str(path), "--retry"]) == 1
    assert "clip_1.npz > curves_1.npz: failed in" in capsys.readouterr().out


def test_an_error_of_the_program_is_one_jobs_failure(place, listed, job_rows, monkeypatch) -> None:
    monkeypatch.setattr("backend.rigs.known.read_rig", lambda path: 1 / 0)
    path = listed(job_rows(2))
    assert main(["batch", str(path)]) == 1
    assert [row["code"] for row in report(place)] == ["internal-error"] * 2
    assert "ZeroDivisionError" in (place / "jobs.csv.state" / "job_1.log").read_text()


def test_a_list_that_is_wrong_is_refused_as_a_whole(place, listed, job_rows, capsys) -> None:
    rows = job_rows(2)
    rows[1]["output"] = rows[0]["output"]
    assert main(["batch", str(listed(rows))]) == 2
    assert "Jobs 1 and 2 both write" in capsys.readouterr().err
    assert not (place / "out").exists()


def test_what_was_finished_but_not_yet_in_place_is_moved_not_done_again(place, listed, job_rows, monkeypatch) -> None:
    jobs = read_jobs(listed(job_rows(1)))
    ledger = Ledger(place / "jobs.csv")
    with monkeypatch.context() as killed:
        killed.setattr(work_module, "_in_place", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            work(jobs, ledger, lambda *_: None)
    assert not jobs[0].output.exists()
    monkeypatch.setattr(work_module, "_done", None)
    told = []
    work(jobs, ledger, lambda job, record, before: told.append((record.state, before)))
    assert told == [(DONE, True)] and jaw(jobs[0].output) == pytest.approx(0.5)


def test_a_job_that_kills_its_workers_fails_in_the_end(place, listed, job_rows) -> None:
    jobs = read_jobs(listed(job_rows(1)))
    ledger = Ledger(place / "jobs.csv")
    ledger.write(jobs[0], Record(ledger.made_of(jobs[0]), WORKING, deaths=MOST_DEATHS - 1))
    told = []
    work(jobs, ledger, lambda job, record, before: told.append(record.code))
    assert told == ["worker-died"]


def test_openjd_progress_is_printed_when_asked_for(place, listed, job_rows, capsys) -> None:
    path = listed(job_rows(4))
    assert main(["batch", str(path), "--part", "2", "--parts", "2", "--openjd"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("openjd_progress")] == [
        "openjd_progress: 50.0",
        "openjd_progress: 100.0",
    ]
    assert sorted(one.name for one in (place / "out").iterdir()) == ["curves_2.npz", "curves_3.npz"]
    assert (place / "jobs.2of2.report.csv").is_file()


def start(path: Path, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "backend", "batch", str(path), *more]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def test_clips_survive_kills_with_nothing_lost_and_nothing_done_twice(place, listed, job_rows) -> None:
    """FACSIMILE_CLIPS and FACSIMILE_KILLS in the environment make it longer: 1000 and 20."""
    count, kills = int(os.environ.get("FACSIMILE_CLIPS", "24")), int(os.environ.get("FACSIMILE_KILLS", "2"))
    path = listed(job_rows(count))
    random = np.random.default_rng(8)
    said: list[str] = []
    seen: dict[str, tuple[int, int]] = {}
    for number in range(kills + 1):
        workers = [start(path), start(path)]
        reached = (number + 1) * count // (kills + 2) + 1
        while number < kills and len(list((place / "out").glob("*.npz"))) < reached:
            assert workers[0].poll() is None, "the worker ended by itself"
            time.sleep(0.002)
        if number < kills:
            time.sleep(random.uniform(0, 0.05))
            for worker in workers:
                worker.send_signal(signal.SIGKILL)
        for worker in workers:
            out, _ = worker.communicate(timeout=600)
            said += [line for line in out.splitlines() if " done in " in line]
        after = states(place / "out")
        assert seen.items() <= after.items(), "an output was written again"
        seen = after
    assert len(seen) == count and [row["state"] for row in report(place)] == ["done"] * count
    names = [line.split()[1] for line in said]
    assert len(names) == len(set(names)) and len(names) >= count - 2 * kills
    for number in range(0, count, max(1, count // 10)):
        assert jaw(place / "out" / f"curves_{number}.npz") == pytest.approx((number + 1) / (count + 1))


def test_workers_share_a_list(place, listed, job_rows) -> None:
    path = listed(job_rows(12))
    worker = start(path, "--workers", "2")
    out, _ = worker.communicate(timeout=300)
    assert worker.returncode == 0
    assert sum(" done in " in line for line in out.splitlines()) == 12
    assert [row["state"] for row in report(place)] == ["done"] * 12
    assert not list(place.glob(".*report*"))
