"""Messages on their way from the thread that reads to the one that asks."""

import itertools
import threading
from collections.abc import Hashable

from .messages import Ended, Heartbeat, Log, Message, Preview, Progress

MAX_LOG = 200


class Inbox:
    """Bounded however much arrives: of progress and pictures the newest per job is kept, of the log the newest lines.

    What ends a job is bounded by the number of open jobs. After Ended nothing more goes in.
    """

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._messages: dict[Hashable, Message] = {}
        self._numbers = itertools.count()
        self._closed = False

    @property
    def closed(self) -> bool:
        """Whether Ended has been put in."""
        return self._closed

    def put(self, message: Message) -> None:
        """Adds a message, or takes it for a newer one of its kind."""
        with self._change:
            if self._closed:
                return
            self._closed = isinstance(message, Ended)
            number = next(self._numbers)
            match message:
                case Progress():
                    key: Hashable = ("progress", message.id)
                case Preview():
                    key = ("preview", message.id)
                case Heartbeat():
                    key = "heartbeat"
                case Log():
                    key = ("log", number % MAX_LOG)
                case _:
                    key = number
            self._messages.pop(key, None)
            self._messages[key] = message
            self._change.notify_all()

    def take(self, timeout: float = 0.0) -> list[Message]:
        """Everything in the order of arrival; waits up to timeout seconds where there is nothing."""
        with self._change:
            if timeout > 0:
                self._change.wait_for(lambda: self._messages, timeout)
            taken = list(self._messages.values())
            self._messages.clear()
            return taken
