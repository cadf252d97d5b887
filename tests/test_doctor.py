"""The doctor finds what is wrong."""

import json
from importlib import metadata

import numpy as np
import pytest
from safetensors.numpy import save_file

from backend import doctor
from backend.__main__ import main
from backend.errors import Cancelled, Refusal
from backend.models import models


def test_pins_are_compared_with_what_is_installed(tmp_path) -> None:
    there = metadata.version("numpy")
    (tmp_path / "backend.txt").write_text(f"# comment==1\nnumpy=={there}\nscipy==0.0.1\nno-such-package-here==1.0\n")
    findings = list(doctor.check_packages(tmp_path))
    assert [finding.ok for finding in findings] == [False, False]
    assert findings[0].text == f"scipy is {metadata.version('scipy')}; 0.0.1 is required."
    assert findings[1].text == "no-such-package-here is missing; 1.0 is required."
    assert all(finding.cure for finding in findings)
    (tmp_path / "backend.txt").write_text(f"numpy=={there}\n")
    assert [finding.ok for finding in doctor.check_packages(tmp_path)] == [True]
    (tmp_path / "backend.txt").unlink()
    assert [finding.ok for finding in doctor.check_packages(tmp_path)] == [False]


def test_models_are_named_with_their_sum_and_their_card(tmp_path) -> None:
    (tmp_path / "cloning.safetensors").write_bytes(b"abc")
    (tmp_path / "cloning.md").write_text("card")
    save_file({"a": np.zeros(3, np.float32)}, tmp_path / "bare.safetensors")
    bare, cloning = models(tmp_path)
    assert cloning.sha256() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert cloning.card == tmp_path / "cloning.md" and bare.card is None
    first, second = doctor.check_models(tmp_path)
    assert not first.ok and "1 tensors, without a card" in first.text
    assert not second.ok and "is damaged" in second.text
    (tmp_path / "bare.json").write_text("{}")
    assert [finding.ok for finding in doctor.check_models(tmp_path)] == [True, False]


def broken():
    raise ImportError("No module named 'scipy'")


def refused():
    raise Refusal("no-device", "There is no such device.", "Unset it.")


def fine():
    yield doctor.Finding("fine", True, "all is well")


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on(monkeypatch) -> None:
    monkeypatch.setattr(doctor, "CHECKS", {"broken": broken, "refused": refused, "fine": fine})
    seen = []
    first, second, third = doctor.examine(lambda fraction, text: seen.append(text))
    assert not first.ok and "scipy" in first.text and first.cure == doctor.SET_UP
    assert not second.ok and second.cure == "Unset it."
    assert third.ok
    assert seen == ["Broken", "Refused", "Fine"]

    def cancel(fraction: float, text: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        doctor.examine(cancel)


@pytest.mark.parametrize("checks, status", [({"fine": fine}, 0), ({"fine": fine, "broken": broken}, 1)])
def test_the_verb_prints_and_its_status_tells(monkeypatch, capsys, checks, status) -> None:
    monkeypatch.setattr(doctor, "CHECKS", checks)
    assert main(["doctor"]) == status
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "ok    fine        all is well"
    assert ("WRONG" in "".join(lines)) == bool(status)
    assert main(["doctor", "--json"]) == status
    assert json.loads(capsys.readouterr().out)[0] == {"name": "fine", "ok": True, "text": "all is well", "cure": ""}


def test_this_environment_passes_the_quick_checks() -> None:
    for check in (doctor.check_python, doctor.check_packages, doctor.check_device, doctor.check_landmarks):
        assert all(finding.ok for finding in check()), list(check())


def test_a_cache_that_cannot_be_written_is_found(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("FACSIMILE_CACHE", str(tmp_path / "cache"))
    assert [finding.ok for finding in doctor.check_cache()] == [True]
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("FACSIMILE_CACHE", str(tmp_path / "file"))
    (finding,) = doctor.check_cache()
    assert not finding.ok and "FACSIMILE_CACHE" in finding.cure
