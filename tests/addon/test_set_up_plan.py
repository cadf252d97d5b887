"""What set-up would do, on machines that are not this one: devices, locks, places, room, lengths of paths."""

import os
import shutil
import sys
import zipfile
from pathlib import Path, PureWindowsPath

import pytest
from facsimile.addon.setup import machine as machine_module
from facsimile.addon.setup import plan as planning
from facsimile.addon.setup import uv as uv_module
from facsimile.addon.setup.card import card, complaints
from facsimile.addon.setup.finished import Finding, parse_findings, read_finished
from facsimile.addon.setup.folders import (
    MAX_PATH,
    Folders,
    check_path_length,
    default_root,
    free_space,
    longest_path,
    size_of,
)
from facsimile.addon.setup.lock import choose_lock, locks_for, read_lock
from facsimile.addon.setup.machine import Machine, find_device
from facsimile.addon.setup.plan import make_plan
from facsimile.addon.setup.report import anonymous, report
from facsimile.addon.setup.uv import fetch_command, is_new_enough, unpack_uv, uv_environment
from facsimile.addon.setup.uv_output import UvProgress
from facsimile.backend.errors import Refusal

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ROOT / "requirements" / "locks"
NAMES = sorted(path.stem for path in LOCKS.glob("*-*.txt"))


@pytest.mark.parametrize(
    "files, device, words",
    [
        ({}, "cpu", "no graphics card"),
        (
            {
                "proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.82.07\n",
                "proc/driver/nvidia/gpus/0000:01:00.0/information": "Model: \t\t NVIDIA GeForce RTX 5090\nIRQ: 1\n",
            },
            "cuda",
            "NVIDIA GeForce RTX 5090, driver 580.82.07",
        ),
        (
            {"proc/driver/nvidia/version": "NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun\n"},
            "cpu",
            "580 or newer is needed",
        ),
        ({"sys/class/kfd/kfd/topology/nodes/0/properties": "cpu_cores_count 8\nsimd_count 0\n"}, "cpu", "no graphics"),
        ({"sys/class/kfd/kfd/topology/nodes/1/properties": "cpu_cores_count 0\nsimd_count 256\n"}, "rocm", "AMD"),
    ],
)
def test_the_device_is_read_from_the_drivers_files(tmp_path: Path, files, device, words) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found, text = find_device("linux", "x64", tmp_path)
    assert found == device and words in text


def test_devices_of_other_systems(tmp_path: Path) -> None:
    assert find_device("macos", "arm64", tmp_path)[0] == "mps"
    assert find_device("macos", "x64", tmp_path)[0] == "cpu"
    assert find_device("windows", "x64", tmp_path)[0] == "cpu"
    (tmp_path / "System32").mkdir()
    (tmp_path / "System32" / "nvcuda.dll").touch()
    assert find_device("windows", "x64", tmp_path)[0] == "cuda"


@pytest.mark.parametrize("name", NAMES)
def test_every_lock_pins_what_the_backend_requires(name: str) -> None:
    lock = read_lock(LOCKS / f"{name}.txt")
    text = lock.path.read_text()
    packages = [line for line in text.splitlines() if not line.startswith("#")]
    assert len(packages) == len(lock.sizes) and all("--hash=sha256:" in line for line in packages)
    assert lock.download == sum(lock.sizes.values()) > 200_000_000
    assert lock.installed > 2 * lock.sizes["torch"]
    assert "://" not in text
    pins = {
        tuple(line.lower().replace("_", "-").split("=="))
        for file in (ROOT / "requirements").glob("backend*.txt")
        for line in file.read_text().splitlines()
        if "==" in line
    }
    locked = {tuple(line.split(" ")[0].partition("+")[0].split("==")) for line in packages}
    assert pins <= locked, f"run: build.py lock {name}"


def test_locks_of_different_packages_have_different_digests() -> None:
    digests = {read_lock(LOCKS / f"{name}.txt").digest for name in NAMES}
    assert len(digests) == len(NAMES) >= 4


def test_the_lock_fits_the_machine_or_says_why_not() -> None:
    def chosen(system: str, processor: str, device: str, wish: str = "auto") -> tuple[str, str]:
        lock, remark = choose_lock(Machine(system, processor, device, ""), wish, LOCKS)
        return lock.name, remark

    assert chosen("linux", "x64", "cuda") == ("linux-x64-cuda", "")
    assert chosen("linux", "x64", "cuda", "cpu") == ("linux-x64-cpu", "")
    assert chosen("macos", "arm64", "mps") == ("macos-arm64-mps", "")
    with pytest.raises(Refusal, match="no packages for the Apple graphics here") as caught:
        chosen("linux", "x64", "cpu", "mps")
    assert "Use This Python" in caught.value.cure


@pytest.mark.parametrize(
    "platform, machine, words",
    [
        ("darwin", "x86_64", "macOS on an Intel or AMD processor"),
        ("win32", "ARM64", "Windows on an ARM processor"),
        ("linux", "aarch64", "Linux on an ARM processor"),
        ("linux", "riscv64", "Linux on riscv64"),
        ("freebsd14", "amd64", "freebsd14 on an Intel or AMD processor"),
    ],
)
def test_a_kind_of_machine_without_packages_is_told_so_with_a_cure(monkeypatch, platform, machine, words) -> None:
    monkeypatch.setattr(machine_module.sys, "platform", platform)
    monkeypatch.setattr(machine_module.platform, "machine", lambda: machine)
    with pytest.raises(Refusal) as caught:
        choose_lock(machine_module.this_machine(), "auto", LOCKS)
    assert caught.value.sentence == f"There are no packages for {words}."
    assert "Use This Python" in caught.value.cure


def test_a_device_without_packages_falls_back_and_says_so(tmp_path: Path) -> None:
    shutil.copy(LOCKS / "linux-x64-cpu.txt", tmp_path)
    lock, remark = choose_lock(Machine("linux", "x64", "rocm", ""), "auto", tmp_path)
    assert lock.device == "cpu" and "AMD graphics card" in remark and "compute on the processor" in remark
    assert "Use This Python" in remark


@pytest.mark.parametrize("system, device", [("linux", "rocm"), ("windows", "cuda")])
def test_a_card_without_a_lock_of_ours_means_the_processor_and_a_word_about_it(tmp_path: Path, system, device) -> None:
    lock = f"{system}-x64-{device}"
    if lock in NAMES:
        pytest.skip(f"{lock} has been made")
    plan = make_plan(Machine(system, "x64", device, "a card"), "auto", Folders(tmp_path), LOCKS, None)
    assert plan.lock.name == f"{system}-x64-cpu"
    assert any("compute on the processor" in line and "Use This Python" in line for line in plan.lines())
    with pytest.raises(Refusal, match="no packages for the"):
        choose_lock(Machine(system, "x64", device, "a card"), device, LOCKS)


def test_a_damaged_lock_is_refused(tmp_path: Path) -> None:
    (tmp_path / "linux-x64-cpu.txt").write_text("torch==1.0\n")
    with pytest.raises(Refusal, match=r"linux-x64-cpu\.txt cannot be read"):
        locks_for("linux", "x64", tmp_path)


def test_the_default_folder_is_the_user_s_own() -> None:
    home = Path("/home/zoë")
    assert default_root("linux", {}, home) == home / ".local/share/facsimile"
    assert default_root("linux", {"XDG_DATA_HOME": "/data"}, home) == Path("/data/facsimile")
    assert default_root("macos", {}, home) == home / "Library/Application Support/Facsimile"
    assert default_root("windows", {"LOCALAPPDATA": "/L"}, home) == Path("/L/Facsimile")
    assert default_root("windows", {"FACSIMILE_HOME": "/short"}, home) == Path("/short")


@pytest.mark.parametrize("name", [name for name in NAMES if name.startswith("windows")])
def test_paths_fit_a_windows_without_long_paths(name: str) -> None:
    lock = read_lock(LOCKS / f"{name}.txt")
    # Twenty letters is the longest name of an account.
    usual = PureWindowsPath(f"C:/Users/{'a' * 20}/AppData/Local/Facsimile")
    assert longest_path(usual, lock) <= MAX_PATH
    check_path_length(usual, lock)
    deep = usual / ("x" * (MAX_PATH - longest_path(usual, lock)))
    with pytest.raises(Refusal, match="is 1 too long") as caught:
        check_path_length(deep, lock)
    assert "shorter backend folder" in caught.value.cure
    file = "y" * lock.longest_path
    installed = PureWindowsPath(deep, "e", lock.digest, "Lib", "site-packages", file)
    unpacked = PureWindowsPath(deep, "c", "archive-v0", "n" * 22, file)
    assert max(len(str(installed)), len(str(unpacked))) == longest_path(deep, lock)


def test_a_windows_s_path_length_stops_the_plan(tmp_path: Path, monkeypatch) -> None:
    deep = tmp_path / ("d" * 120)
    machine = Machine("windows", "x64", "cpu", "")
    monkeypatch.setattr(planning, "long_paths_allowed", lambda: False)
    with pytest.raises(Refusal, match="too long"):
        make_plan(machine, "auto", Folders(deep), LOCKS, None)
    monkeypatch.setattr(planning, "long_paths_allowed", lambda: True)
    assert make_plan(machine, "auto", Folders(deep), LOCKS, None).environment.parent.parent == deep


def test_the_plan_says_what_is_fetched_and_whether_it_fits(tmp_path: Path, monkeypatch) -> None:
    machine = Machine("linux", "x64", "cuda", "NVIDIA GeForce RTX 5090, driver 580.82.07")
    plan = make_plan(machine, "auto", Folders(tmp_path / "not yet" / "there"), LOCKS, None)
    text = "\n".join(plan.lines())
    assert "NVIDIA graphics card (NVIDIA GeForce RTX 5090, driver 580.82.07)" in text
    assert "3.1 GB to download" in text and "are free" in text
    assert not (tmp_path / "not yet").exists()
    assert plan.free == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.2)
    monkeypatch.setattr(planning, "free_space", lambda folder: 1_000_000_000)
    with pytest.raises(Refusal, match=r"needs 6\.1 GB, and 1\.0 GB are free"):
        make_plan(machine, "auto", Folders(tmp_path), LOCKS, None)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="folders of Windows have no such mode")
def test_a_read_only_place_is_refused_before_the_click(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(planning.os, "access", lambda path, mode: False)
    with pytest.raises(Refusal, match="cannot be written to"):
        make_plan(Machine("linux", "x64", "cpu", ""), "auto", Folders(tmp_path / "x"), LOCKS, None)


def test_an_offline_folder_must_have_every_wheel(tmp_path: Path) -> None:
    machine, folders = Machine("linux", "x64", "cpu", ""), Folders(tmp_path / "root")
    lock = read_lock(LOCKS / "linux-x64-cpu.txt")
    wheels = tmp_path / "wheels"
    with pytest.raises(Refusal, match="There is no folder"):
        make_plan(machine, "auto", folders, LOCKS, wheels)
    wheels.mkdir()
    for name in lock.sizes:
        (wheels / f"{name.replace('-', '_').upper()}-1.0-py3-none-any.whl").touch()
    plan = make_plan(machine, "auto", folders, LOCKS, wheels)
    assert plan.download == 0 and str(wheels) in "".join(plan.lines())
    (wheels / "TORCH-1.0-py3-none-any.whl").unlink()
    with pytest.raises(Refusal, match=r"lacks the wheel of torch\."):
        make_plan(machine, "auto", folders, LOCKS, wheels)


def test_sizes_count_a_file_once_and_follow_no_link(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "file").write_bytes(b"x" * 1000)
    os.link(tmp_path / "a" / "b" / "file", tmp_path / "a" / "again")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    assert 1000 <= size_of(tmp_path / "a") < 1500
    assert size_of(tmp_path / "absent") == 0
    assert free_space(tmp_path / "absent" / "deep") > 0


def test_uv_is_taken_out_of_its_wheel_and_can_be_run(tmp_path: Path) -> None:
    folders = Folders(tmp_path / "root")
    assert unpack_uv(tmp_path, folders) is None
    (tmp_path / "uv-0.1-broken.whl").write_text("no zip")
    with zipfile.ZipFile(tmp_path / "uv-0.2-linux.whl", "w") as archive:
        archive.writestr(f"uv-0.2.data/scripts/{uv_module.NAME}", "#!/bin/sh\necho uv 9.9.9\n")
    ours = unpack_uv(tmp_path, folders)
    assert ours == folders.tools / uv_module.NAME and os.access(ours, os.X_OK)
    assert uv_module.candidates(folders, path=str(tmp_path))[0] == ours


def test_versions_of_uv() -> None:
    assert is_new_enough("uv 0.13.9 (x86_64-unknown-linux-gnu)") and is_new_enough("uv 0.6.9")
    assert not is_new_enough("uv 0.6.8") and not is_new_enough("what?")


def test_uv_is_fetched_by_its_sum_or_the_cure_is_told(tmp_path: Path, monkeypatch) -> None:
    command = fetch_command(Folders(tmp_path), LOCKS)
    assert command[0] == Path(sys.executable) and "--require-hashes" in command and LOCKS / "uv.txt" in command
    assert not {"install", "--user", "--target"} & {str(part) for part in command}
    monkeypatch.setattr(uv_module.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Refusal) as caught:
        fetch_command(Folders(tmp_path), LOCKS)
    assert "offline folder" in caught.value.cure


def test_uv_sees_a_studio_s_index_and_nobody_s_python(tmp_path: Path) -> None:
    given = {
        "UV_INDEX_URL": "studio",
        "UV_SYSTEM_PYTHON": "1",
        "UV_TARGET": "/",
        "PYTHONPATH": "/blender",
        "HOME": "/h",
    }
    told = uv_environment(Folders(tmp_path), given, offline=False)
    assert told["UV_INDEX_URL"] == "studio" and told["HOME"] == "/h"
    assert not {"UV_SYSTEM_PYTHON", "UV_TARGET", "PYTHONPATH", "UV_OFFLINE"} & told.keys()
    assert Path(told["UV_CACHE_DIR"]).parent == tmp_path
    assert uv_environment(Folders(tmp_path), {}, offline=True)["UV_OFFLINE"] == "1"


def test_progress_follows_uv_and_never_falls() -> None:
    progress = UvProgress({"torch": 800, "scipy": 200}, 2000)
    seen = []
    for line in ("Resolved 2 packages", "Downloading torch (800B)", "Downloading scipy (200B)", " Downloaded scipy"):
        progress.tell(line)
        seen.append(progress.fraction)
    assert progress.text == "Downloading torch (0 MB)"
    assert seen == [0, 0, 0, pytest.approx(0.2 * 0.93)]
    progress.measured(1000)
    assert progress.fraction == pytest.approx(0.5 * 0.93)
    progress.measured(500)
    assert progress.fraction == pytest.approx(0.5 * 0.93)
    for line in (" Downloaded torch", "Prepared 2 packages in 1s", "Installed 2 packages in 2ms", " + torch==2"):
        progress.tell(line)
    assert progress.fraction == 1.0
    progress.tell("error: it broke")
    progress.tell("  cause: of that")
    assert progress.error == "of that"


@pytest.mark.parametrize("text", ["", "[", "[\n]", '[\n {"name": 1}\n]', "{}", '[\n {"name": "a", "ok": tr'])
def test_findings_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(Refusal):
        parse_findings(text)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"lock": "a", "tested": 1, "findings": [{"name": "x"}]}', "null"])
def test_a_damaged_marker_marks_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "facsimile.json").write_text(text)
    assert read_finished(tmp_path) is None


def test_the_card_and_the_report() -> None:
    findings = (
        Finding("device", True, "cuda (NVIDIA H100)"),
        Finding("models", True, "open_head, 5 MB"),
        Finding("models", True, "cloning, 2 MB"),
        Finding("cache", False, "It is full.", "Empty it."),
    )
    assert card(findings) == [("Device", "cuda (NVIDIA H100)"), ("Models", "open head, cloning")]
    assert complaints(findings) == [("Cache", "It is full.", "Empty it.")]
    text = report({"Facsimile": "0.1.0"}, findings, {"Log": ("one", "two"), "Empty": ()})
    assert "WRONG cache       It is full. Empty it." in text and text.endswith("Log\none\ntwo\n")
    assert "Empty\n" not in text


def test_a_report_has_no_home_and_no_password() -> None:
    said = anonymous("/home/zoë/x from https://zoe:secret@example.org/simple", Path("/home/zoë"))
    assert said == "~/x from https://example.org/simple"
