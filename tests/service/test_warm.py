"""Replies kept in memory."""

import numpy as np

from backend.service.call import Reply
from backend.service.warm import WarmReplies, content_key


def reply(size: int) -> Reply:
    return Reply({}, {"a": np.zeros(size, np.uint8)})


def test_the_oldest_goes_first() -> None:
    warm = WarmReplies(max_replies=2, max_bytes=1000)
    first = reply(1)
    warm.put("a", first)
    warm.put("b", reply(1))
    assert warm.get("a") is first
    warm.put("c", reply(1))
    assert warm.get("a") is first
    assert warm.get("b") is None


def test_bytes_are_bounded() -> None:
    warm = WarmReplies(max_replies=10, max_bytes=100)
    warm.put("large", reply(101))
    assert warm.get("large") is None
    warm.put("a", reply(60))
    warm.put("b", reply(60))
    assert warm.get("a") is None and warm.get("b") is not None


def test_the_key_is_the_content() -> None:
    numbers = np.arange(6, dtype=np.float32)
    key = content_key({"names": "arkit", "x": 1}, {"a": numbers, "b": numbers})
    assert key == content_key({"x": 1, "names": "arkit"}, {"b": numbers.copy(), "a": numbers.copy()})
    moved = numbers.copy()
    moved[3] = np.nextafter(moved[3], np.float32(9))
    others = [
        content_key({"names": "ict", "x": 1}, {"a": numbers, "b": numbers}),
        content_key({"names": "arkit", "x": 1}, {"a": moved, "b": numbers}),
        content_key({"names": "arkit", "x": 1}, {"a": numbers.reshape(2, 3), "b": numbers}),
    ]
    assert len({key, *others}) == 4
