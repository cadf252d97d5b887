"""Jobs on the real serving loop, through the client."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from facsimile.addon.client import Client, clean_environment
from facsimile.addon.job_state import JobState
from facsimile.addon.jobs import Job, JobQueue
from facsimile.backend.protocol import ProtocolError

ROOT = Path(__file__).resolve().parents[2]
CHILD = ROOT / "tests" / "service" / "child.py"


@pytest.fixture
def jobs() -> Iterator[JobQueue]:
    queue = JobQueue(lambda: Client([sys.executable, str(CHILD)], ROOT))
    yield queue
    queue.stop()


def wait_for(jobs: JobQueue, job: Job, state: JobState) -> None:
    end = time.monotonic() + 60
    while job.state is not state:
        assert time.monotonic() < end, job
        jobs.poll(0.02)


def test_a_job_goes_through_its_states(jobs) -> None:
    job = jobs.submit("steps", {"seconds": 0.3})
    assert job.state is JobState.WAITING and jobs.open == (job,)
    seen: list[tuple[JobState, float]] = []
    assert jobs.run(job, lambda job: seen.append((job.state, job.fraction))) is job
    assert [state for state, _ in seen] == [JobState.RUNNING] * (len(seen) - 1) + [JobState.DONE]
    assert 0 < seen[-2][1] < 1 and job.fraction == 1.0
    assert job.result is not None and job.result.fields["steps"] > 10
    assert jobs.open == ()
    assert jobs.hello is not None and jobs.hello.device == "cpu"


def test_pictures_of_what_a_job_does_are_few_and_the_newest_is_kept(jobs) -> None:
    seen: list[int] = []
    job = jobs.submit("draws", {"seconds": 0.9})
    jobs.run(job, lambda job: seen.append(0 if job.picture is None else int(job.picture[0, 0, 0])))
    drawn = job.result.fields["drawn"]
    assert 2 <= drawn <= 5 and job.picture.shape == (4, 6, 3) and job.picture[0, 0, 0] == drawn
    assert sorted(seen) == seen and {1, 2} <= set(seen)


def test_arrays_return(jobs) -> None:
    numbers = np.random.default_rng(3).random((20_000, 3), np.float32)
    job = jobs.run(jobs.submit("double", {"note": "x"}, {"numbers": numbers}))
    np.testing.assert_array_equal(job.result.arrays["doubled"], 2 * numbers)


@pytest.mark.parametrize("method", ["steps", "sleep", "spin", "hold"])
def test_a_running_job_is_cancelled_within_its_patience(jobs, method) -> None:
    job = jobs.submit(method, {"seconds": 20})
    wait_for(jobs, job, JobState.RUNNING)
    start = time.monotonic()
    jobs.cancel(job)
    wait_for(jobs, job, JobState.CANCELLED)
    assert time.monotonic() - start < 0.4


def test_the_next_job_runs_after_a_cancelled_one_has_left(jobs) -> None:
    first = jobs.submit("sleep", {"seconds": 0.6})
    wait_for(jobs, first, JobState.RUNNING)
    pid = jobs._client.pid
    jobs.cancel(first)
    second = jobs.run(jobs.submit("double", {}, {"numbers": np.ones(1, np.float32)}))
    assert (first.state, second.state) == (JobState.CANCELLED, JobState.DONE)
    assert jobs._client.pid == pid


def test_a_waiting_job_is_cancelled_and_the_others_go_on(jobs) -> None:
    first, second = jobs.submit("sleep", {"seconds": 0.5}), jobs.submit("fail", {})
    jobs.cancel(second)
    jobs.run(first)
    assert (first.state, second.state) == (JobState.DONE, JobState.CANCELLED)


def test_a_refusal_and_a_failure_are_sentences(jobs) -> None:
    refused = jobs.run(jobs.submit("refuse", {}))
    assert (refused.state, refused.code) == (JobState.FAILED, "no-face")
    assert (refused.sentence, refused.cure) == ("No face was found.", "Select the head.")
    failed = jobs.run(jobs.submit("fail", {}))
    assert failed.code == "internal"
    assert any("Traceback" in line for line in jobs.log)


def test_a_script_with_a_time_limit(jobs) -> None:
    start = time.monotonic()
    job = jobs.run(jobs.submit("steps", {"seconds": 20}), timeout=0.3)
    assert job.state is JobState.CANCELLED
    assert time.monotonic() - start < 5


def test_an_interrupted_script_cancels(jobs) -> None:
    job = jobs.submit("steps", {"seconds": 20})

    def interrupt(job: Job) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        jobs.run(job, interrupt)
    wait_for(jobs, job, JobState.CANCELLED)


def test_what_no_frame_can_hold_is_refused_and_harms_nothing(jobs) -> None:
    with pytest.raises(ProtocolError):
        jobs.submit("double", {}, {"numbers": np.array(["text"])})
    assert jobs.open == ()
    job = jobs.run(jobs.submit("double", {}, {"numbers": np.ones(1, np.float32)}))
    assert job.state is JobState.DONE


def test_stop_cancels_and_a_later_job_starts_again(jobs) -> None:
    job = jobs.submit("sleep", {"seconds": 20})
    wait_for(jobs, job, JobState.RUNNING)
    start = time.monotonic()
    jobs.stop()
    assert time.monotonic() - start < 1.5
    assert job.state is JobState.CANCELLED
    again = jobs.run(jobs.submit("double", {}, {"numbers": np.ones(1, np.float32)}))
    assert again.state is JobState.DONE


def test_the_childs_environment_has_nothing_of_blenders_python() -> None:
    foreign = {
        "PYTHONPATH": "/elsewhere",
        "PYTHONHOME": "/elsewhere",
        "LD_LIBRARY_PATH": "/elsewhere",
        "DYLD_LIBRARY_PATH": "/elsewhere",
    }
    clean = clean_environment({**os.environ, **foreign, "FACSIMILE_DEVICE": "cpu"})
    assert not set(foreign) & set(clean)
    assert (
        clean["PYTHONNOUSERSITE"] == "1" and clean["FACSIMILE_DEVICE"] == "cpu" and clean["PATH"] == os.environ["PATH"]
    )
