"""The Open Job Description template, checked and run by its own runner."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "farms" / "openjd" / "facsimile-batch.yaml"


def openjd(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("openjd")
    return subprocess.run(
        [str(program), *arguments], capture_output=True, text=True, timeout=500, check=False, env=os.environ
    )


def parameters(path: Path, **more: object) -> list[str]:
    values = {"JobList": path, "Tasks": 2, "Python": sys.executable, "Backend": ROOT, **more}
    return [word for name, value in values.items() for word in ("-p", f"{name}={value}")]


def test_the_template_is_valid() -> None:
    done = openjd("check", str(TEMPLATE))
    assert done.returncode == 0 and "passes validation" in done.stdout + done.stderr


def test_its_tasks_do_real_work_with_progress(place, listed, job_rows) -> None:
    path = listed(job_rows(4))
    done = openjd("run", str(TEMPLATE), "--step", "Batch", *parameters(path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(one.name for one in (place / "out").glob("*.npz")) == [f"curves_{number}.npz" for number in range(4)]
    assert done.stdout.count("openjd_progress: 50.0") == 2 and done.stdout.count("openjd_progress: 100.0") == 2


def test_a_task_with_a_clip_that_fails_fails(place, listed, job_rows) -> None:
    path = listed(job_rows(2))
    (place / "clip_1.npz").write_bytes(b"no performance")
    done = openjd("run", str(TEMPLATE), "--step", "Batch", "-tp", "Part=2", *parameters(path))
    assert done.returncode != 0 and "openjd_fail: 1 of 1 jobs failed" in done.stdout
