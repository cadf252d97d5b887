"""Results kept in memory, so that asking again is free."""

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np

from backend.protocol import encode
from backend.service.call import Reply


class WarmReplies:
    """The replies used last, by the content of what was asked; bounded by number and by bytes.

    For one thread. A reply larger than max_bytes is not kept.
    """

    def __init__(self, max_replies: int = 8, max_bytes: int = 512 << 20) -> None:
        self._max_replies = max_replies
        self._max_bytes = max_bytes
        self._replies: OrderedDict[str, Reply] = OrderedDict()

    def get(self, key: str) -> Reply | None:
        """The reply under a key of content_key."""
        if key in self._replies:
            self._replies.move_to_end(key)
        return self._replies.get(key)

    def put(self, key: str, reply: Reply) -> None:
        """Keeps a reply and lets go of the ones not asked for the longest."""
        if _bytes(reply) > self._max_bytes:
            return
        self._replies[key] = reply
        self._replies.move_to_end(key)
        while len(self._replies) > self._max_replies or sum(map(_bytes, self._replies.values())) > self._max_bytes:
            self._replies.popitem(last=False)


def content_key(params: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 of a request's content. Raises ProtocolError for what no frame can hold."""
    digest = hashlib.sha256()
    for part in encode({"type": "key", "params": sorted(params.items())}, dict(sorted(arrays.items()))):
        digest.update(part)
    return digest.hexdigest()


def _bytes(reply: Reply) -> int:
    return sum(array.nbytes for array in reply.arrays.values())
