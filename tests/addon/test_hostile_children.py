"""Whatever the child does, the client ends with a message, in bounded time and memory, and leaves nothing behind."""

import sys
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from facsimile.addon.client import Client
from facsimile.addon.job_state import JobState
from facsimile.addon.jobs import JobQueue
from facsimile.addon.messages import Ended, Message

HOSTILE = Path(__file__).with_name("hostile.py")
ROOT = HOSTILE.parents[2]
PATIENCE = 60.0
SHORT = 2.0
LONG = 2 * PATIENCE

# Which of the client's two clocks a behaviour runs into; a busy machine must not bring the others there.
HELLO_TIMEOUT = {"say_nothing": SHORT, "flood_of_stderr": SHORT}
SILENCE_TIMEOUT = {"fall_silent": SHORT, "drips": SHORT, "never_reads": SHORT}

Connect = Callable[[str], Client]


@pytest.fixture
def connect(runs) -> Iterator[Connect]:
    """Starts children, and checks that no process and no thread of theirs is left."""
    clients: list[Client] = []
    before = set(threading.enumerate())

    def start(behaviour: str) -> Client:
        clocks = HELLO_TIMEOUT.get(behaviour, LONG), SILENCE_TIMEOUT.get(behaviour, LONG)
        clients.append(Client([sys.executable, str(HOSTILE), behaviour], ROOT, *clocks))
        return clients[-1]

    yield start
    for client in clients:
        client.stop(grace=0.2)
        assert client.pid is not None and not runs(client.pid)
    end = time.monotonic() + 2
    while left := set(threading.enumerate()) - before:
        assert time.monotonic() < end, f"threads are left: {left}"
        time.sleep(0.01)


def until_ended(client: Client) -> tuple[Ended, list[Message]]:
    """Polls as a modal operator does until the child has ended."""
    messages: list[Message] = []
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        messages += client.poll(0.02)
        if messages and isinstance(messages[-1], Ended):
            return messages[-1], messages
    raise AssertionError(f"no end within {PATIENCE} s; {messages[-3:]}")


@pytest.mark.parametrize(
    "behaviour, words",
    [
        ("crash_at_once", "stopped while it was starting (exit status 7)"),
        ("crash_midway", "stopped (exit status -11)"),
        ("killed", "the system killed it"),
        ("crash_inside_a_frame", "stopped (exit status 0)"),
        ("say_nothing", "did not start within 2 seconds"),
        ("fall_silent", "said nothing for 2 seconds"),
        ("drips", "said nothing for 2 seconds"),
        ("progress_beyond_measure", "stopped (exit status 0)"),
        ("complain", "No torch."),
        ("old_version", "speaks version 2 of the protocol, this add-on version 1"),
        ("endless_version", "of the protocol, this add-on version 1"),
        ("print_first", "cannot be read"),
        ("previews_of_the_wrong_shape", "has no proper picture"),
        ("a_wall_sized_preview", "has no proper picture"),
        ("flood_of_previews", "more messages than anybody can read"),
        ("garbage", "cannot be read"),
        ("huge_header", "A header of 4294967295 bytes"),
        ("huge_body", "over the limit"),
        ("more_than_was_asked_for", "over the limit"),
        ("body_and_arrays_disagree", "need 8 bytes and the body has 4"),
        ("flood_of_progress", "more messages than anybody can read"),
        ("flood_of_log", "more messages than anybody can read"),
        ("flood_of_errors_before_hello", "Hello must come first"),
        ("flood_of_stderr", "did not start within 2 seconds"),
        ("answers_what_was_not_asked", "was not asked"),
        ("unknown_message", "no message 'execute'"),
        ("hello_twice", "Hello must come first, and once"),
    ],
)
def test_every_misbehaviour_ends_in_a_message(connect, runs, behaviour, words) -> None:
    tracemalloc.start()
    client = connect(behaviour)
    client.submit("shapes", {"names": "arkit"}, {"vertices": np.zeros((10, 3), np.float32)})
    ended, messages = until_ended(client)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert words in ended.sentence and len(ended.sentence) < 200
    assert ended.cure
    assert client.ended and client.pid is not None and not runs(client.pid)
    assert peak < 32 << 20
    assert len(messages) < 5000
    assert client.poll() == []


def test_last_words_are_kept_and_bounded(connect) -> None:
    client = connect("crash_midway")
    client.submit("shapes", {}, {})
    ended, _ = until_ended(client)
    assert ended.exit_code == -11
    assert ended.last_words == tuple(f"line {number}" for number in range(150, 200))


def test_a_python_that_is_not_there(tmp_path) -> None:
    client = Client([str(tmp_path / "python")], tmp_path)
    (ended,) = client.poll()
    assert isinstance(ended, Ended) and ended.exit_code is None
    assert "cannot be started" in ended.sentence
    client.stop()


def test_a_child_that_never_reads_does_not_block_who_submits(connect) -> None:
    client = connect("never_reads")
    start = time.monotonic()
    client.submit("shapes", {}, {"vertices": np.zeros((1_000_000, 3), np.float32)})
    assert time.monotonic() - start < 1.0
    ended, _ = until_ended(client)
    assert "said nothing" in ended.sentence


@pytest.mark.parametrize("behaviour", ["say_nothing", "never_reads", "ignores_cancel"])
def test_stop_is_bounded_whatever_the_child_ignores(connect, runs, behaviour) -> None:
    client = connect(behaviour)
    client.submit("shapes", {}, {"vertices": np.zeros((1_000_000, 3), np.float32)})
    client.poll(0.5)
    start = time.monotonic()
    client.stop(grace=0.2)
    assert time.monotonic() - start < 2.0
    assert not runs(client.pid)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups to kill")
@pytest.mark.parametrize("behaviour", ["with_a_grandchild", "dies_before_a_grandchild", "leaves_a_grandchild"])
def test_grandchildren_go_with_the_child(connect, runs, behaviour) -> None:
    client = connect(behaviour)
    client.submit("shapes", {}, {})
    if behaviour == "leaves_a_grandchild":
        while client.hello is None:
            client.poll(0.02)
        client.stop()
        grandchild = int(client.hello.version)
    else:
        grandchild = int(until_ended(client)[0].last_words[0])
    end = time.monotonic() + 2
    while runs(grandchild):
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_cancel_that_the_child_ignores_counts_within_its_patience(connect) -> None:
    jobs = JobQueue(lambda: connect("ignores_cancel"))
    job = jobs.submit("shapes", {})
    while job.state is not JobState.RUNNING:
        jobs.poll(0.05)
    start = time.monotonic()
    jobs.cancel(job)
    while not job.final:
        jobs.poll(0.02)
    assert job.state is JobState.CANCELLED
    assert time.monotonic() - start < 0.4
    jobs.stop()


def test_a_cancelled_job_that_does_not_leave_costs_the_child_its_life(connect, monkeypatch) -> None:
    monkeypatch.setattr("facsimile.addon.jobs.LEAVE_PATIENCE", 0.5)
    jobs = JobQueue(lambda: connect("doubles"))
    stuck = jobs.submit("shapes", {})
    later = jobs.submit("shapes", {}, {"numbers": np.arange(3, dtype=np.int32)})
    jobs.poll(0.2)
    jobs.cancel(stuck)
    jobs.run(later, timeout=PATIENCE)
    assert stuck.state is JobState.CANCELLED
    assert later.state is JobState.DONE and later.result is not None
    assert later.result.arrays["doubled"].tolist() == [0, 2, 4]
    jobs.stop()


def test_a_queue_starts_a_new_child_after_a_crash(connect) -> None:
    behaviours = iter(["crash_midway", "doubles"])
    jobs = JobQueue(lambda: connect(next(behaviours)))
    lost = [jobs.submit("shapes", {}), jobs.submit("shapes", {})]
    jobs.run(lost[1], timeout=PATIENCE)
    for job in lost:
        assert job.state is JobState.FAILED and "exit status -11" in job.sentence and job.cure
    assert jobs.ended is not None and "line 199" in jobs.log
    again = jobs.run(jobs.submit("double", {}, {"numbers": np.ones(2, np.float32)}), timeout=PATIENCE)
    assert again.state is JobState.DONE
    assert jobs.ended is None
    jobs.stop()
