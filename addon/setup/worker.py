"""Long work in a thread of its own, with what there is to show of it."""

import threading
from collections import deque
from collections.abc import Callable

from ...backend.errors import Cancelled, Progress, Refusal

MAX_LOG = 500
"""Lines of a log that are kept."""

Work = Callable[[Progress, Callable[[str], None], threading.Event], None]
"""Called with progress, log and an event that is set on cancel. Raises Refusal and Cancelled."""


class Worker:
    """Does one thing, once. Its attributes may be read at any time; it is over when done is true."""

    def __init__(self, work: Work) -> None:
        self.fraction = 0.0
        self.text = ""
        self.refusal: Refusal | None = None
        self.cancelled = False
        self.log: deque[str] = deque(maxlen=MAX_LOG)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(work,), name="Facsimile set-up", daemon=True)
        self._thread.start()

    @property
    def done(self) -> bool:
        """Whether it is over."""
        return not self._thread.is_alive()

    def cancel(self) -> None:
        """Asks it to stop; it is done soon after."""
        self._stop.set()
        self.text = "Stopping"

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until it is over; False where it is not after timeout seconds."""
        self._thread.join(timeout)
        return self.done

    def _run(self, work: Work) -> None:
        # What nobody foresaw reaches the console by the thread's own hook; the user must still see that it is over.
        self.refusal = Refusal("bug", "Set-up broke off.", "Copy Report has the details.")
        try:
            work(self._progress, self.log.append, self._stop)
            self.refusal = None
        except Refusal as refusal:
            self.refusal = refusal
        except Cancelled:
            self.refusal, self.cancelled = None, True

    def _progress(self, fraction: float, text: str) -> None:
        if self._stop.is_set():
            raise Cancelled
        self.fraction, self.text = fraction, text
