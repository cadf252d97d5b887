"""The backend is killed at random moments, again and again: each job ends, whole or not at all; the next succeeds."""

import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from facsimile.addon.client import Client
from facsimile.addon.job_state import JobState
from facsimile.addon.jobs import Job, JobQueue

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = ROOT / "tests" / "addon" / "hostile.py"
SERVED = ROOT / "tests" / "service" / "child.py"
KILLS = 100
LANES = 2
"""Queues that are tried side by side, each in a thread and with a backend of its own."""

PATIENCE = 60.0
NUMBERS = np.arange(1 << 20, dtype=np.float32)


class Lane:
    """One queue, and how long its backend takes on this machine to start and to do a job."""

    def __init__(self, *command: str) -> None:
        self.pids: list[int] = []
        self.queue = JobQueue(lambda: self.connect(command))
        self.start_seconds = self.timed(self.queue.start, lambda: self.queue.hello is not None)
        job = self.queue.submit("double", {}, {"numbers": NUMBERS})
        self.job_seconds = self.timed(lambda: None, lambda: job.final)

    def connect(self, command: tuple[str, ...]) -> Client:
        client = Client([sys.executable, *command], ROOT)
        assert client.pid is not None
        self.pids.append(client.pid)
        return client

    def timed(self, begin: Callable[[], object], over: Callable[[], bool]) -> float:
        """Seconds from begin until over, while the queue is polled as a modal operator does."""
        started = time.monotonic()
        begin()
        while not over():
            assert time.monotonic() - started < PATIENCE
            self.queue.poll(0.005)
        return time.monotonic() - started

    def kill_during(self, job: Job, delay: float) -> str:
        """Kills the backend delay seconds from now and waits for the job's end and the backend's. Returns where the
        job was."""
        started = time.monotonic()
        while time.monotonic() - started < delay:
            self.queue.poll(0.002)
        stage = "starting" if self.queue.hello is None else str(job.state)
        os.kill(self.pids[-1], signal.SIGKILL)
        self.timed(lambda: None, lambda: job.final and not self.queue.running)
        return stage


def check(job: Job) -> None:
    """Asserts that a job has come to a whole result or to none, and says why."""
    if job.state is JobState.DONE:
        assert job.result is not None and np.array_equal(job.result.arrays["doubled"], 2 * NUMBERS)
    else:
        assert job.state is JobState.FAILED and job.result is None
        assert (job.code, job.cure != "") == ("backend-ended", True) and "killed" in job.sentence, job


def kills(seed: int) -> tuple[Counter[str], list[int]]:
    """A lane's share of the kills: where the jobs were, and the numbers of all processes."""
    chance = np.random.default_rng(seed)
    lane, stages = Lane(str(HOSTILE), "works"), Counter()
    for number in range(KILLS // LANES):
        if number % 3 == 0:
            lane.queue.stop()
        span = 0.0 if lane.queue.running else lane.start_seconds
        job = lane.queue.submit("double", {}, {"numbers": NUMBERS})
        stages[lane.kill_during(job, chance.uniform(0, 1.1 * (span + lane.job_seconds)))] += 1
        check(job)
        again = lane.queue.run(lane.queue.submit("double", {}, {"numbers": NUMBERS}), timeout=PATIENCE)
        assert again.state is JobState.DONE, again
        check(again)
    lane.queue.stop()
    return stages, lane.pids


def test_a_hundred_kills_a_hundred_recoveries_and_nothing_left(runs) -> None:
    threads = set(threading.enumerate())
    with ThreadPoolExecutor(LANES) as pool:
        done = list(pool.map(kills, range(LANES)))
    stages = sum((stages for stages, _ in done), Counter())
    print(dict(stages))
    assert stages.total() == KILLS
    assert {"starting", "running", "done"} <= set(stages)
    pids = [pid for _, lane in done for pid in lane]
    assert len(set(pids)) > KILLS
    assert not [pid for pid in pids if runs(pid)]
    end = time.monotonic() + 5
    while left := set(threading.enumerate()) - threads:
        assert time.monotonic() < end, left
        time.sleep(0.01)


@pytest.mark.parametrize("method", ["spin", "hold"])
@pytest.mark.parametrize("victim", ["front", "worker"])
def test_neither_of_the_two_processes_outlives_the_other(runs, victim: str, method: str) -> None:
    lane = Lane(str(SERVED))
    worker = lane.queue.run(lane.queue.submit("pid", {})).result.fields["pid"]
    job = lane.queue.submit(method, {"seconds": PATIENCE})
    lane.timed(lambda: None, lambda: job.state is JobState.RUNNING)
    os.kill(worker if victim == "worker" else lane.pids[-1], signal.SIGKILL)
    lane.timed(lambda: None, lambda: not lane.queue.running)
    check(job)
    lane.timed(lambda: None, lambda: not runs(worker))
    assert not runs(lane.pids[-1])
    again = lane.queue.run(lane.queue.submit("double", {}, {"numbers": NUMBERS}), timeout=PATIENCE)
    check(again)
    assert again.state is JobState.DONE
    lane.queue.stop()
