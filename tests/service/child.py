"""The real serving loop over jobs that misbehave in known ways; run by the tests as a child process."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from backend.errors import Refusal
from backend.service.call import Call, Reply
from backend.service.front import front
from backend.service.loop import serve_jobs


def double(call: Call) -> Reply:
    return Reply({"note": call.params.get("note")}, {"doubled": 2 * call.arrays["numbers"]})


def steps(call: Call) -> Reply:
    """Reports progress every millisecond for params["seconds"]."""
    end = time.monotonic() + call.params["seconds"]
    count = 0
    while time.monotonic() < end:
        count += 1
        call.progress(count / (1000 * call.params["seconds"]), f"Step {count}")
        time.sleep(0.001)
    return Reply({"steps": count})


def draws(call: Call) -> Reply:
    """Shows a picture every millisecond for params["seconds"], each a shade brighter, and counts what was drawn."""
    end, drawn = time.monotonic() + call.params["seconds"], []

    def draw() -> np.ndarray:
        drawn.append(len(drawn))
        return np.full((4, 6, 3), len(drawn), np.uint8)

    while time.monotonic() < end:
        call.show(draw)
        time.sleep(0.001)
    return Reply({"drawn": len(drawn)})


def sleep(call: Call) -> Reply:
    """One long call that lets other threads run."""
    time.sleep(call.params["seconds"])
    return Reply({"slept": True})


def spin(call: Call) -> Reply:
    """A long computation in Python itself, which shares Python's lock grudgingly."""
    end = time.monotonic() + call.params["seconds"]
    while time.monotonic() < end:
        pass
    return Reply()


def hold(call: Call) -> Reply:
    """One long call that holds Python's lock: a pattern that backtracks for ever."""
    re.match(r"(a+)+b", "a" * 40)
    return Reply()


def shout(call: Call) -> Reply:
    """Prints in every way there is, and reads stdin."""
    print("print", flush=True)
    sys.stdout.write("sys.stdout")
    os.write(1, b"os.write " * 1000)
    subprocess.run([sys.executable, "-c", "print('grandchild')"], check=True)
    return Reply({"read": os.read(0, 100).decode()})


def pid(call: Call) -> Reply:
    return Reply({"pid": os.getpid()})


def crash(call: Call) -> Reply:
    """Dies as native code does."""
    os.kill(os.getpid(), signal.Signals[call.params["signal"]])
    return Reply()


def refuse(call: Call) -> Reply:
    raise Refusal("no-face", "No face was found.", "Select the head.")


def fail(call: Call) -> Reply:
    raise KeyError("unforeseen")


def unsayable(call: Call) -> Reply:
    return Reply({"confidence": float("nan")}, {"names": np.array(["text"])})


METHODS = {
    "double": double,
    "steps": steps,
    "draws": draws,
    "sleep": sleep,
    "spin": spin,
    "hold": hold,
    "shout": shout,
    "pid": pid,
    "crash": crash,
    "refuse": refuse,
    "fail": fail,
    "unsayable": unsayable,
}


def prepare() -> tuple[dict, dict]:
    print("a library that prints while it is imported")
    if "--broken" in sys.argv:
        raise Refusal("no-torch", "PyTorch cannot be loaded.", "Set up the backend again.")
    return {"torch": "none", "device": "cpu", "models": []}, METHODS


if __name__ == "__main__":
    if "--worker" in sys.argv:
        serve_jobs(prepare)
    front([sys.executable, __file__, *sys.argv[1:], "--worker"])
