"""The device and the threads."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from backend import device
from backend.errors import Refusal


def test_the_best_there_is_unless_told_otherwise(monkeypatch) -> None:
    monkeypatch.delenv("FACSIMILE_DEVICE", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(device, "_has_mps", lambda: False)
    assert device.choose_device() == torch.device("cpu")
    monkeypatch.setattr(device, "_has_mps", lambda: True)
    assert device.choose_device() == torch.device("mps")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device.choose_device() == torch.device("cuda")
    monkeypatch.setenv("FACSIMILE_DEVICE", " CPU ")
    assert device.choose_device() == torch.device("cpu")


def test_the_number_of_a_graphics_card(monkeypatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setenv("FACSIMILE_DEVICE", "cuda:1")
    assert device.choose_device() == torch.device("cuda", 1)
    monkeypatch.setenv("FACSIMILE_DEVICE", "cuda:2")
    with pytest.raises(Refusal, match="cuda:2"):
        device.choose_device()


@pytest.mark.parametrize("wanted", ["tpu", "cuda:x", "cpu:one", "mps"])
def test_a_device_that_is_not_there_is_refused(monkeypatch, wanted) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(device, "_has_mps", lambda: False)
    monkeypatch.setenv("FACSIMILE_DEVICE", wanted)
    with pytest.raises(Refusal) as raised:
        device.choose_device()
    assert raised.value.code == "no-device" and raised.value.cure


def test_one_thread_is_enough() -> None:
    program = (
        "import torch; torch.set_num_threads(7)\n"
        "from backend.device import pin_threads; print(pin_threads(), torch.get_num_threads())"
    )
    root = Path(__file__).resolve().parents[1]
    environment = {name: value for name, value in os.environ.items() if name != "OMP_NUM_THREADS"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "1 1\n"


def test_omp_num_threads_is_obeyed(monkeypatch) -> None:
    before = torch.get_num_threads()
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert device.pin_threads() == torch.get_num_threads() == 2
    torch.set_num_threads(before)
