import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from backend.geometry.cache import DiskCache, cache_key, default_folder

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture()
def cache(tmp_path):
    return DiskCache(tmp_path / "cache", limit_bytes=1_000_000)


def aged(cache, key, seconds):
    path = cache.folder / f"{key}.npz"
    os.utime(path, (path.stat().st_atime - seconds, path.stat().st_mtime - seconds))


def test_what_is_stored_comes_back_bit_for_bit(cache):
    rng = np.random.default_rng(0)
    arrays = {
        "evecs": rng.normal(size=(50, 7)).astype(np.float32),
        "file": np.arange(5, dtype=np.int64),
        "transposed": np.asfortranarray(rng.normal(size=(4, 3))),
        "names": np.array(["jawOpen", "mouthClose"]),
        "nothing": np.zeros((0, 3)),
        "single": np.array(2.5),
    }
    key = cache_key("1", arrays["evecs"])
    assert cache.load(key) is None
    assert cache.store(key, arrays)
    loaded = cache.load(key)
    assert loaded is not None
    assert loaded.keys() == arrays.keys()
    for name, array in arrays.items():
        assert loaded[name].dtype == array.dtype
        assert np.array_equal(loaded[name], array)


def test_keys_tell_versions_types_shapes_and_boundaries_apart():
    ones = np.ones(6, np.float32)
    keys = [
        cache_key("1", ones),
        cache_key("2", ones),
        cache_key("1", ones.reshape(2, 3)),
        cache_key("1", ones.view(np.int32)),
        cache_key("1", ones.astype(np.float64)),
        cache_key("1", ones, "64"),
        cache_key("1", ones, 64),
        cache_key("1", "ab", "c"),
        cache_key("1", "a", "bc"),
        cache_key("1", "a", "b", "c"),
    ]
    assert len(set(keys)) == len(keys)
    assert cache_key("1", ones.reshape(2, 3)) == cache_key("1", np.asfortranarray(ones.reshape(2, 3)))
    with pytest.raises(ValueError, match="objects"):
        cache_key("1", np.array([object()]))


def test_the_least_recently_used_goes_first(cache):
    block = {"block": np.zeros(300_000, np.uint8)}
    keys = [cache_key("1", i) for i in range(3)]
    for age, key in zip((30, 20, 10), keys, strict=True):
        cache.store(key, block)
        aged(cache, key, age)
    assert cache.load(keys[0]) is not None
    cache.store(cache_key("1", 3), block)
    assert cache.load(keys[1]) is None
    assert cache.load(keys[0]) is not None
    assert cache.load(keys[2]) is not None
    assert cache.size() <= 1_000_000


def test_what_is_larger_than_the_cache_is_not_stored(cache):
    key = cache_key("1", "large")
    assert not cache.store(key, {"block": np.zeros(1_000_001, np.uint8)})
    assert cache.load(key) is None


def test_every_damage_is_noticed_and_removed(cache):
    key = cache_key("1", "entry")
    path = cache.folder / f"{key}.npz"
    arrays = {"values": np.arange(100.0)}
    cache.store(key, arrays)
    content = path.read_bytes()
    rng = np.random.default_rng(0)
    damaged = [content[: len(content) // 2], b"", b"nonsense", content[:-1]]
    for place in rng.integers(0, len(content), 150):
        changed = bytearray(content)
        changed[place] ^= 1 << rng.integers(0, 8)
        damaged.append(bytes(changed))
    missed = 0
    for version in damaged:
        path.write_bytes(version)
        loaded = cache.load(key)
        if loaded is None:
            assert not path.exists()
            missed += 1
        elif "values" in loaded:
            assert np.array_equal(loaded["values"], arrays["values"])
    assert missed > 100


def test_pickles_are_neither_written_nor_read(cache):
    key = cache_key("1", "objects")
    with pytest.raises(ValueError, match=r"[Oo]bject"):
        cache.store(key, {"values": np.array([{}], dtype=object)})
    assert list(cache.folder.iterdir()) == []
    np.savez(cache.folder / f"{key}.npz", values=np.array([{}], dtype=object))
    assert cache.load(key) is None


def test_the_folder_may_vanish_or_be_unusable(cache, tmp_path):
    key = cache_key("1", "entry")
    assert cache.store(key, {"a": np.ones(3)})
    cache.clear()
    assert cache.load(key) is None
    cache.folder.rmdir()
    assert cache.load(key) is None
    assert cache.size() == 0
    assert cache.store(key, {"a": np.ones(3)})
    (tmp_path / "file").write_text("in the way")
    assert not DiskCache(tmp_path / "file" / "cache").store(key, {"a": np.ones(3)})
    assert DiskCache(tmp_path / "file" / "cache").load(key) is None
    with pytest.raises(ValueError, match="key"):
        cache.load("../../elsewhere")


def test_what_a_dead_process_left_unfinished_is_removed(cache):
    cache.folder.mkdir()
    old, new = cache.folder / "old.part", cache.folder / "new.part"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    cache.store(cache_key("1", "entry"), {"a": np.ones(3)})
    assert not old.exists()
    assert new.exists()


def test_two_processes_may_store_load_and_evict_at_once(tmp_path):
    """Each entry holds one number throughout; a mixture, an error or a wrong number would end a process badly."""
    program = """
import sys
import numpy as np
from backend.geometry.cache import DiskCache, cache_key
cache = DiskCache(sys.argv[1], limit_bytes=60_000)
rng = np.random.default_rng(int(sys.argv[2]))
hits = 0
for _ in range(200):
    number = int(rng.integers(0, 8))
    found = cache.load(cache_key("1", number))
    if found is None:
        cache.store(cache_key("1", number), {"a": np.full(2000, number)})
    else:
        assert (found["a"] == number).all() and len(found["a"]) == 2000
        hits += 1
assert hits > 10, hits
"""
    runs = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path), str(seed)], cwd=ROOT, stderr=subprocess.PIPE)
        for seed in (1, 2)
    ]
    for run in runs:
        _, error = run.communicate(timeout=120)
        assert run.returncode == 0, error.decode()
    assert not list(tmp_path.glob("*.part"))


def test_the_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("FACSIMILE_CACHE", str(tmp_path / "mine"))
    assert default_folder() == tmp_path / "mine"
    assert DiskCache().folder == tmp_path / "mine"
    monkeypatch.delenv("FACSIMILE_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "platform", "linux")
    assert default_folder() == tmp_path / "facsimile"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert default_folder() == Path.home() / ".cache" / "facsimile"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert default_folder() == Path.home() / "Library" / "Caches" / "facsimile"
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "local"))
    assert default_folder() == tmp_path / "local" / "facsimile" / "Cache"
