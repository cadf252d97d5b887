"""Every scenario runs as a pytest of its own inside Blender, so that a crash fails one file and no scene leaks."""

from pathlib import Path

import pytest

SCENARIOS = sorted((Path(__file__).parent / "scenarios").glob("scenario_*.py"))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda path: path.stem.removeprefix("scenario_"))
def test_scenario(scenario: Path, run_in_blender) -> None:
    done = run_in_blender("-m", "pytest", "-p", "no:cacheprovider", f"--confcutdir={scenario.parent}", scenario)
    assert done.returncode == 0, done.stdout + done.stderr
