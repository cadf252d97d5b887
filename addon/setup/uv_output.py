"""How far uv is, from the lines that it prints where nobody sees a bar."""

import re
from dataclasses import dataclass, field

from .plan import megabytes

_ERROR = re.compile(r"^(?:error|  ?×|  ?cause|Caused by):?\s*(.+)$")
_WORD = re.compile(r"^ ?(Downloading|Downloaded|Building|Built|Prepared|Installed|Resolved|Using) ([\w.-]+)")

DOWNLOAD_SHARE = 0.93
"""Of the time that packages take, the part until uv says Prepared; measured from a folder of wheels."""


@dataclass
class UvProgress:
    """What uv has said. sizes: bytes to download by package; installed: bytes that all take once unpacked."""

    sizes: dict[str, int]
    installed: int
    fraction: float = 0.0
    text: str = "Looking up the packages"
    error: str = ""
    _under_way: list[str] = field(default_factory=list)
    _fetched: int = 0

    def tell(self, line: str) -> None:
        """Takes a line of uv's into account."""
        found = _ERROR.match(line)
        if found:
            # The causes follow the error, and the last one says most.
            self.error = found.group(1)
            return
        found = _WORD.match(line)
        if not found:
            return
        verb, name = found.groups()
        if verb == "Downloading" and name in self.sizes:
            self._under_way.append(name)
        elif verb == "Downloaded" and name in self._under_way:
            self._under_way.remove(name)
            self._fetched += self.sizes[name]
            self._advance(DOWNLOAD_SHARE * self._fetched / max(1, sum(self.sizes.values())))
        elif verb == "Prepared":
            self._under_way.clear()
            self._advance(DOWNLOAD_SHARE)
        elif verb == "Installed":
            self._advance(1.0)
        self.text = self._words(verb)

    def measured(self, unpacked: int) -> None:
        """Takes into account how many bytes have been unpacked; uv says nothing while it fetches a large package."""
        self._advance(DOWNLOAD_SHARE * min(1.0, max(0, unpacked) / max(1, self.installed)))

    def _advance(self, fraction: float) -> None:
        self.fraction = max(self.fraction, min(1.0, fraction))

    def _words(self, verb: str) -> str:
        if self._under_way:
            # The largest is what everybody waits for.
            name = max(self._under_way, key=self.sizes.__getitem__)
            return f"Downloading {name} ({megabytes(self.sizes[name])})"
        return {"Prepared": "Installing the packages", "Installed": "Installed"}.get(verb, "Fetching the packages")
