import sys
from pathlib import Path

import pytest

import build


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What build.py would run, instead of running it."""
    seen: list[list[str]] = []
    monkeypatch.setattr(build, "run", lambda command, **settings: seen.append([str(part) for part in command]))
    return seen


def test_a_step_gets_its_own_arguments(monkeypatch: pytest.MonkeyPatch, commands: list[list[str]]):
    monkeypatch.setattr(build, "setup", lambda: None)
    build.main(["test", "tests/geometry", "-k", "clean", "--durations=5"])
    build.main(["train", "cloning", "--config", "some.toml"])
    assert commands[0] == [str(build.PYTHON), "-m", "pytest", "tests/geometry", "-k", "clean", "--durations=5"]
    assert commands[1] == [str(build.PYTHON), "-m", "backend", "train", "cloning", "--config", "some.toml"]


def test_all_tests_run_side_by_side(monkeypatch: pytest.MonkeyPatch, commands: list[list[str]]):
    monkeypatch.setattr(build, "setup", lambda: None)
    build.main(["test"])
    assert commands[0] == [str(build.PYTHON), "-m", "pytest", *build.SIDE_BY_SIDE]


def test_the_demo_uses_the_zip_that_package_writes(monkeypatch: pytest.MonkeyPatch, commands: list[list[str]]):
    monkeypatch.setattr(build, "setup", lambda: None)
    build.main(["demo"])
    assert commands[0][1] == "package.py"
    zip_path = Path(commands[1][commands[1].index("--zip") + 1])
    assert zip_path.parent == build.ROOT / "dist"
    assert zip_path.name.startswith("facsimile-")
    assert zip_path.suffix == ".zip"


def test_another_python_is_told_which_one_is_needed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    with pytest.raises(build.BuildError, match=r"Python 3\.11"):
        build.check_python()


def test_a_python_without_venv_is_told_the_package(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(build.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(build.BuildError, match=r"python3\.11-venv"):
        build.check_python()


def test_missing_libraries_are_named_or_installed(monkeypatch: pytest.MonkeyPatch, commands: list[list[str]]):
    monkeypatch.setattr(build, "missing_system_packages", lambda: ["libxi6", "libsm6"])
    monkeypatch.setattr(build.os, "geteuid", lambda: 1000)
    with pytest.raises(build.BuildError, match="sudo apt-get install -y --no-install-recommends libxi6 libsm6"):
        build.install_system_packages()
    monkeypatch.setattr(build.os, "geteuid", lambda: 0)
    build.install_system_packages()
    assert commands[-1][-2:] == ["libxi6", "libsm6"]


def test_a_library_that_does_not_load_is_missing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(build.sys, "platform", "linux")
    monkeypatch.setattr(build.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(build, "SYSTEM_LIBRARIES", {"libc.so.6": "libc6", "libfacsimile-none.so.1": "libnone1"})
    assert "libnone1" in build.missing_system_packages()
    assert "libc6" not in build.missing_system_packages()


def test_setup_runs_once_per_set_of_requirements(
    monkeypatch: pytest.MonkeyPatch, commands: list[list[str]], tmp_path: Path
):
    requirements = tmp_path / "requirements"
    requirements.mkdir()
    (requirements / "backend.txt").write_text("numpy==1.26.4\n")
    environment = tmp_path / ".venv"
    environment.mkdir()
    (environment / "python").touch()
    for name, value in {
        "ROOT": tmp_path,
        "REQUIREMENTS": requirements,
        "ENVIRONMENT": environment,
        "PYTHON": environment / "python",
        "STAMP": environment / "stamp",
        "install_system_packages": lambda: None,
    }.items():
        monkeypatch.setattr(build, name, value)
    build.setup()
    assert [command[1:3] for command in commands] == [["-m", "venv"], ["-m", "pip"], ["-m", "pip"]]
    assert "--no-deps" in commands[2]
    build.setup()
    assert len(commands) == 3
    (requirements / "backend.txt").write_text("numpy==1.26.5\n")
    build.setup()
    assert len(commands) == 6


def test_every_requirement_is_pinned():
    lines = [
        line
        for path in sorted(build.REQUIREMENTS.glob("*.txt"))
        for line in path.read_text().splitlines()
        if line and not line.startswith("#")
    ]
    assert len(lines) > 40
    assert all(line.count("==") == 1 and "+" not in line for line in lines)
    names = [line.split("==")[0].lower().replace("_", "-") for line in lines]
    assert len(set(names)) == len(names)
