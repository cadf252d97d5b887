"""The serving loop as a real child process."""

import os
import platform
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from backend import VERSION, protocol
from backend.service.front import MAX_OPEN

CHILD = Path(__file__).with_name("child.py")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}


def wait_until_gone(runs, pid: int) -> None:
    end = time.monotonic() + 2
    while runs(pid):
        assert time.monotonic() < end, f"process {pid} is left"
        time.sleep(0.02)


def test_hello_comes_first_and_says_what_is_there(fresh_wire) -> None:
    hello = fresh_wire.next("hello", "log", "error", "progress", "heartbeat")
    assert hello.header == {
        "type": "hello",
        "protocol": protocol.VERSION,
        "version": VERSION,
        "python": platform.python_version(),
        "torch": "none",
        "device": "cpu",
        "models": [],
    }


def test_arrays_go_there_and_back(wire) -> None:
    numbers = np.linspace(0, 1, 300_000, dtype=np.float32).reshape(-1, 3)
    wire.request(4, "double", {"numbers": numbers}, note="ü")
    result = wire.next("result", id=4)
    assert result.header["note"] == "ü"
    np.testing.assert_array_equal(result.arrays["doubled"], 2 * numbers)


def test_two_open_requests_are_answered_in_order_with_progress(wire) -> None:
    wire.request(1, "steps", seconds=0.5)
    wire.request(2, "double", {"numbers": np.ones(3, np.float32)})
    wire.request(3, "ping")
    seen = []
    while not seen or seen[-1].header.get("id") != 2 or seen[-1].type != "result":
        seen.append(wire.next("progress", "result"))
    assert [frame.header["id"] for frame in seen if frame.type == "result"] == [3, 1, 2]
    fractions = [frame.header["fraction"] for frame in seen if frame.type == "progress" and frame.header["id"] == 1]
    assert fractions == sorted(fractions) and fractions[0] == 0.0
    # 500 reports in half a second, a frame every tenth of a second.
    assert 3 <= len(fractions) <= 7


def test_cancel_is_acknowledged_even_inside_a_call_that_holds_pythons_lock(wire) -> None:
    wire.request(1, "hold")
    wire.next("progress", id=1)
    # More than the pipe to the worker takes while it does not read.
    wire.request(2, "double", {"numbers": np.zeros(1_000_000, np.float32)})
    time.sleep(0.3)
    for id in (1, 2):
        start = time.monotonic()
        wire.writer.write({"type": "cancel", "id": id})
        moment, _ = wire.next_timed("cancelled", "result", "error", id=id)
        assert moment - start < 0.3
    assert wire.close() < 1.0
    assert [frame.type for frame in wire.rest() if frame.header.get("id")] == []


@pytest.mark.parametrize("method", ["steps", "sleep", "spin"])
def test_cancel_is_acknowledged_within_300_ms(wire, method) -> None:
    seconds = 1.5
    wire.request(1, method, seconds=seconds)
    wire.request(2, "double", {"numbers": np.ones(3, np.float32)})
    wire.next("progress", id=1)
    time.sleep(0.2)
    start = time.monotonic()
    wire.writer.write({"type": "cancel", "id": 1})
    moment, _ = wire.next_timed("cancelled", "result", "error", id=1)
    assert moment - start < 0.3
    finished, answer = wire.next_timed("result", "error", "cancelled")
    assert (answer.type, answer.header["id"]) == ("result", 2)
    if method == "steps":
        assert finished - start < 0.3


def test_a_waiting_job_that_is_cancelled_never_runs(wire) -> None:
    wire.request(1, "sleep", seconds=0.3)
    wire.request(2, "fail")
    wire.writer.write({"type": "cancel", "id": 2})
    assert wire.next("cancelled", "result").header["id"] == 2
    assert wire.next("result", "error", "cancelled").header["id"] == 1
    wire.request(3, "ping")
    assert wire.next("result", "error").header["id"] == 3


def test_cancel_of_what_is_not_there_is_ignored(wire) -> None:
    wire.writer.write({"type": "cancel", "id": 99})
    wire.request(1, "ping")
    assert wire.next("cancelled", "error", "result").type == "result"


def test_stray_prints_do_not_corrupt_the_stream(wire) -> None:
    wire.request(1, "shout")
    assert wire.next("result", id=1).header["read"] == ""
    wire.close()
    assert wire.rest() == []
    for word in (b"print", b"sys.stdout", b"os.write", b"grandchild", b"while it is imported"):
        assert word in wire.stderr


def test_a_refusal_keeps_its_code_sentence_and_cure(wire) -> None:
    wire.request(1, "refuse")
    assert wire.next("error").header == {
        "type": "error",
        "id": 1,
        "code": "no-face",
        "sentence": "No face was found.",
        "cure": "Select the head.",
    }


@pytest.mark.parametrize("method, kind", [("fail", "KeyError"), ("unsayable", "ProtocolError")])
def test_the_unforeseen_is_a_sentence_with_the_traceback_in_the_log(wire, method, kind) -> None:
    wire.request(1, method)
    log = wire.next("log")
    error = wire.next("error", id=1).header
    assert error["code"] == "internal" and kind in error["sentence"] and "\n" not in error["sentence"]
    assert log.header["level"] == "error" and "Traceback" in log.header["text"]
    wire.request(2, "ping")
    wire.next("result", id=2)


def test_unknown_method_and_malformed_requests(wire) -> None:
    wire.request(1, "dance")
    assert wire.next("error").header["code"] == "unknown-method"
    for header in (
        {"type": "request", "id": 2},
        {"type": "request", "id": 2, "method": "double", "params": []},
        {"type": "dance", "id": 2},
    ):
        wire.writer.write(header)
        error = wire.next("error").header
        assert (error["id"], error["code"]) == (2, "bad-request")
    wire.writer.write({"type": "request", "id": "two", "method": "double"})
    assert wire.next("error").header["id"] is None
    wire.request(3, "sleep", seconds=0.5)
    wire.request(3, "double")
    assert wire.next("error", "result").header["code"] == "busy"
    assert wire.next("result", "error").type == "result"


def test_too_many_requests_are_refused_and_the_others_served(wire) -> None:
    wire.request(1, "sleep", seconds=0.5)
    for id in range(2, MAX_OPEN + 2):
        wire.request(id, "double", {"numbers": np.ones(1, np.int32)})
    refused = wire.next("result", "error").header
    assert (refused["id"], refused["code"]) == (MAX_OPEN + 1, "busy")
    answered = [wire.next("result", "error") for _ in range(MAX_OPEN)]
    assert [(frame.type, frame.header["id"]) for frame in answered] == [("result", id + 1) for id in range(MAX_OPEN)]


def test_heartbeats_come_while_it_computes(wire) -> None:
    wire.request(1, "sleep", seconds=1.3)
    assert wire.next("heartbeat", "result").header == {"type": "heartbeat", "running": 1}
    assert wire.next("heartbeat", "result").header["running"] == 1
    wire.next("result")


def test_a_stream_that_is_no_frame_ends_it_with_a_sentence(wire) -> None:
    wire.process.stdin.write(struct.pack("<IQ", 2**31, 2**60))
    wire.process.stdin.flush()
    assert wire.next("error").header["code"] == "bad-frame"
    assert wire.process.wait(5) == 1


@pytest.mark.parametrize("method", [None, "sleep", "spin", "hold"])
def test_it_dies_when_stdin_closes_even_while_computing(wire, runs, method) -> None:
    wire.request(1, "pid")
    worker = wire.next("result", id=1).header["pid"]
    assert worker != wire.process.pid
    if method:
        wire.request(2, method, seconds=30)
        wire.next("progress", id=2)
    assert wire.close() < 1.0
    assert wire.process.returncode == 0
    wait_until_gone(runs, worker)


@pytest.mark.parametrize(
    "name, code, words", [("SIGKILL", "killed", "lack of memory"), ("SIGSEGV", "crashed", "crashed (SIGSEGV)")]
)
def test_native_death_is_a_sentence(wire, name, code, words) -> None:
    wire.request(1, "crash", signal=name)
    error = wire.next("error").header
    assert (error["id"], error["code"]) == (None, code)
    assert words in error["sentence"] and error["cure"]
    assert wire.process.wait(5) == 1


def test_it_dies_when_nobody_reads() -> None:
    with subprocess.Popen(
        [sys.executable, CHILD],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=ENVIRONMENT,
    ) as process:
        assert process.stdin and process.stdout
        hello = protocol.Reader(process.stdout).read()
        assert hello and hello.type == "hello"
        process.stdout.close()
        protocol.Writer(process.stdin).write({"type": "request", "id": 1, "method": "sleep", "params": {"seconds": 30}})
        assert process.wait(5) == 0


def test_an_environment_that_cannot_be_prepared_is_a_sentence(broken_wire) -> None:
    assert broken_wire.next("hello", "error").header == {
        "type": "error",
        "id": None,
        "code": "no-torch",
        "sentence": "PyTorch cannot be loaded.",
        "cure": "Set up the backend again.",
    }
    assert broken_wire.process.wait(5) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills the child of a dead parent by itself")
def test_both_processes_die_with_the_parent_even_inside_a_call_that_holds_pythons_lock(tmp_path, runs) -> None:
    parent = tmp_path / "parent.py"
    parent.write_text(
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, {str(CHILD)!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)\n"
        "from backend.protocol import Reader, Writer\n"
        "reader, writer = Reader(child.stdout), Writer(child.stdin)\n"
        "writer.write({'type': 'request', 'id': 1, 'method': 'pid'})\n"
        "while (frame := reader.read()).type != 'result': pass\n"
        "writer.write({'type': 'request', 'id': 2, 'method': 'hold'})\n"
        "time.sleep(0.5)\n"
        "print(child.pid, frame.header['pid'], flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, parent], stdout=subprocess.PIPE, env=ENVIRONMENT) as process:
        assert process.stdout
        front, worker = map(int, process.stdout.readline().split())
        assert runs(front) and runs(worker)
        process.kill()
    wait_until_gone(runs, front)
    wait_until_gone(runs, worker)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a worker outlives a killed front until its call returns")
def test_the_worker_dies_with_the_front(wire, runs) -> None:
    wire.request(1, "pid")
    worker = wire.next("result", id=1).header["pid"]
    wire.request(2, "hold")
    wire.next("progress", id=2)
    wire.process.kill()
    wait_until_gone(runs, worker)
