"""A backend that is killed or misbehaves, as the operators see it: all keys or none, and the next job succeeds."""

import json
import os
import signal
import sys
import threading
import time
from functools import partial
from pathlib import Path

import bpy
import numpy as np
import pytest
from bl_ext.user_default.facsimile.addon import client
from bl_ext.user_default.facsimile.addon.session import SESSION, Phase
from digest import digest
from fake_backend import NAMES

from tests.running import runs

HOSTILE = Path(__file__).resolve().parents[2] / "addon" / "hostile.py"
KILLS = 12
KEYS = ["Basis", *NAMES]


@pytest.fixture(autouse=True)
def fresh_backend():
    """The environment is read when the process starts, so each test has its own."""
    SESSION.queue.stop()
    yield
    SESSION.forget()
    SESSION.queue.stop()


def killer(delay: float, killed: list[int]) -> threading.Thread:
    """Kills the backend that runs delay seconds from now, or as soon as there is one."""

    def kill() -> None:
        time.sleep(delay)
        while (client := SESSION.queue._client) is None or client.pid is None:
            time.sleep(0.001)
        os.kill(client.pid, signal.SIGKILL)
        killed.append(client.pid)

    thread = threading.Thread(target=kill)
    thread.start()
    return thread


def test_kills_at_random_moments_leave_all_keys_or_none(add_mesh) -> None:
    chance = np.random.default_rng(7)
    face, eyes = add_mesh("Face"), add_mesh("Eyes", 4, 1)
    empty = digest()
    started = time.monotonic()
    assert bpy.ops.facsimile.build_shapes() == {"FINISHED"}
    span = time.monotonic() - started
    whole = digest()
    killed: list[int] = []
    ended = []
    for number in range(KILLS):
        for item in (face, eyes):
            item.shape_key_clear()
        if number % 2:
            SESSION.queue.stop()
        thread = killer(chance.uniform(0, span), killed)
        try:
            bpy.ops.facsimile.build_shapes()
        except RuntimeError as error:
            assert "The backend stopped" in str(error) and "Traceback" not in str(error)
            assert SESSION.phase is Phase.FAILED and SESSION.refusal.cure
            assert digest() == empty
        else:
            assert digest() == whole
        ended.append(str(SESSION.phase))
        thread.join()
        while runs(killed[-1]) or SESSION.queue.running:
            SESSION.queue.poll(0.01)
        assert bpy.ops.facsimile.build_shapes() == {"FINISHED"}
        assert digest() == whole
    print(ended)
    assert "failed" in ended and len(set(killed)) == KILLS


@pytest.mark.parametrize(
    ("behaviour", "message"),
    [
        ("old_version", "speaks version 2 of the protocol, this add-on version 1.*Set up the backend again"),
        ("garbage", "cannot be read"),
        ("huge_header", "A header of 4294967295 bytes"),
        ("more_than_was_asked_for", "over the limit"),
        ("flood_of_progress", "more messages than anybody can read"),
        ("say_nothing", "did not start within 2 seconds"),
        ("fall_silent", "said nothing for 2 seconds"),
    ],
)
def test_a_hostile_backend_is_one_sentence(behaviour, message, add_mesh, tmp_path, monkeypatch) -> None:
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{HOSTILE}" {behaviour}\n')
    program.chmod(0o755)
    clock = {"did not start": "hello_timeout", "said nothing": "silence_timeout"}
    short = {name: 2.0 for words, name in clock.items() if words in message}
    face = add_mesh("Face")
    before = digest()
    with monkeypatch.context() as patch:
        patch.setenv("FACSIMILE_PYTHON", str(program))
        patch.setattr(client, "Client", partial(client.Client, **short))
        with pytest.raises(RuntimeError, match=message):
            bpy.ops.facsimile.build_shapes()
    assert digest() == before
    assert SESSION.phase is Phase.FAILED and not SESSION.queue.running
    assert bpy.ops.facsimile.build_shapes() == {"FINISHED"}
    assert list(face.data.shape_keys.key_blocks.keys()) == KEYS


@pytest.mark.parametrize(
    "fields",
    [
        {"names": 5},
        {"names": None},
        {"names": ["jawOpen"]},
        {"names": [["jawOpen"], {}, 1]},
        {"names": ["jawOpen", "jawOpen", "tongueOut"]},
        {"names": ["", "a", "b"]},
        {"names": ["x" * 64, "a", "b"]},
        {"confidence": "high"},
        {"confidence": None},
        {"reasons": 1},
        {"part_names": {"a": 1}},
        {"correctives": 7},
        {"correctives": [3]},
        {"correctives": [{"name": "a", "of": [["jawOpen"], {}]}]},
        {"correctives": [{"name": "a", "of": ["jawOpen", "browInnerUp"]}]},
    ],
    ids=lambda fields: json.dumps(fields)[:40],
)
def test_an_answer_in_strange_words_changes_nothing(fields, add_mesh, monkeypatch) -> None:
    add_mesh("Face")
    before = digest()
    monkeypatch.setenv("FAKE_FIELDS", json.dumps(fields))
    with pytest.raises(RuntimeError) as caught:
        bpy.ops.facsimile.build_shapes()
    assert "The backend's answer" in str(caught.value) and "Traceback" not in str(caught.value)
    assert digest() == before and SESSION.phase is Phase.FAILED


def test_shapes_that_leave_the_earth_change_nothing(add_mesh, monkeypatch) -> None:
    add_mesh("Face")
    before = digest()
    monkeypatch.setenv("FAKE_BACKEND", "far")
    with pytest.raises(RuntimeError, match="does not fit"):
        bpy.ops.facsimile.build_shapes()
    assert digest() == before
