"""A uv that works, or misbehaves in the way that the file `behaviour` beside it names, and a doctor in what it makes.

It writes what it was told to `calls`, and an environment whose Python is a shell script that answers as the doctor.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(sys.argv[1])
ARGUMENTS = sys.argv[2:]
FINDINGS = [
    {"name": "python", "ok": True, "text": "3.11.7", "cure": ""},
    {"name": "device", "ok": True, "text": "cpu", "cure": ""},
    {"name": "cache", "ok": False, "text": "full", "cure": "Empty it."},
    {"name": "models", "ok": True, "text": "cloning, 2 MB", "cure": ""},
]


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def make_python(environment: Path, behaviour: str) -> None:
    """A Python that is a doctor and nothing else."""
    findings = [dict(one) for one in FINDINGS]
    if behaviour == "sick":
        findings[1] |= {"ok": False, "text": "It multiplies wrongly.", "cure": "Use the processor."}
    answer = json.dumps(findings, indent=1) if behaviour != "mute" else "Traceback: no torch"
    (environment / "bin").mkdir(parents=True, exist_ok=True)
    python = environment / "bin" / "python"
    (environment / "doctor.txt").write_text(f"W0000 a library says something\n{answer}\nand again\n")
    python.write_text('#!/bin/sh\ncat "$(dirname "$0")/../doctor.txt"\n')
    python.chmod(0o755)
    (environment / "pyvenv.cfg").write_text("home = /nowhere\n")


def sync(environment: Path, behaviour: str) -> int:
    """Fetches and installs, a few bytes at a time."""
    cache = Path(os.environ["UV_CACHE_DIR"]) / "archive-v0"
    cache.mkdir(parents=True, exist_ok=True)
    say("Resolved 2 packages in 2ms")
    if behaviour == "no network":
        say("error: Request failed after 3 retries\n  cause: dns error")
        return 2
    if behaviour == "disk full":
        say("error: Failed to write\n  cause: No space left on device (os error 28)")
        return 2
    if behaviour == "wrong hash":
        say("error: Hash mismatch for `torch==2.13.0`")
        return 1
    if behaviour == "strange":
        say("error: The moon is in the wrong house")
        return 101
    if behaviour == "flood":
        for number in range(20_000):
            print(f"line {number} " + "x" * 300)
        sys.stdout.write("y" * 5_000_000)
        sys.stdout.flush()
    say("Downloading torch (183MiB)")
    (cache / "torch").write_bytes(b"t" * 600)
    if behaviour == "killed":
        os.kill(os.getpid(), 9)
    if behaviour in ("hang", "grandchild"):
        if behaviour == "grandchild":
            child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
            (HERE / "grandchild").write_text(str(child.pid))
        time.sleep(600)
    if behaviour == "slow":
        for number in range(4):
            time.sleep(0.4)
            (cache / f"piece{number}").write_bytes(b"p" * 100)
    say(" Downloaded torch\nPrepared 2 packages in 1.00s\nInstalled 2 packages in 4ms\n + torch==2.13.0")
    (environment / "installed").write_text("torch")
    return 0


def main() -> int:
    behaviour = (HERE / "behaviour").read_text() if (HERE / "behaviour").exists() else ""
    with (HERE / "calls").open("a") as calls:
        calls.write(json.dumps(ARGUMENTS) + "\n")
    if ARGUMENTS == ["--version"]:
        print("uv 0.4.0" if behaviour == "old" else "uv 0.13.9 (x86_64)")
        return 0
    if ARGUMENTS[0] == "venv":
        if behaviour == "no python":
            say("error: No interpreter found for Python 3.11 in managed installations or search path")
            return 2
        make_python(Path(ARGUMENTS[-1]), behaviour)
        return 0
    return sync(Path(ARGUMENTS[ARGUMENTS.index("--python") + 1]).parents[1], behaviour)


sys.exit(main())
