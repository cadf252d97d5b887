"""The environments of the Blender releases."""

import re
from pathlib import Path

import pytest

import blenders

RELEASES = [release for release in blenders.releases() if release != blenders.OWN]


def test_the_oldest_and_the_newest_release_are_there() -> None:
    assert {"4.2", "5.0", "5.2"} <= set(RELEASES)


@pytest.mark.parametrize("release", RELEASES)
def test_every_package_of_a_release_is_pinned(release: str) -> None:
    text = (blenders.REQUIREMENTS / f"{release}.txt").read_text()
    packages = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+", line) for line in packages)
    assert any(line.startswith(f"bpy=={release}.") for line in packages)
    assert any(line.startswith("pytest==") for line in packages)
    assert blenders.python_wanted(release) == ("3.13" if release > "5.0" else "3.11")


def test_a_release_that_cannot_be_had_is_told_and_is_no_failure(monkeypatch, capsys) -> None:
    def absent(release: str) -> Path:
        raise blenders.BlenderError("there is no Python 3.13 here")

    monkeypatch.setattr(blenders, "python_of", absent)
    assert blenders.main(["--blender", "5.2"]) == 0
    assert "Blender 5.2: not run: there is no Python 3.13 here" in capsys.readouterr().out


def test_a_failure_in_any_release_is_a_failure(monkeypatch, capsys) -> None:
    monkeypatch.setattr(blenders, "run_tests", lambda release, rest: "failed" if release == "5.0" else "passed")
    assert blenders.main([]) == 1
    assert "Blender 5.0: failed" in capsys.readouterr().out


def test_a_python_of_pyenv_is_found(tmp_path: Path, monkeypatch) -> None:
    program = tmp_path / "versions" / "9.9.1" / "bin" / "python9.9"
    program.parent.mkdir(parents=True)
    program.touch()
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert blenders.find_python("9.9") == str(program)
    assert blenders.find_python("9.8") is None
