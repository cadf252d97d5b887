"""What can end a job early: a refusal that the user can cure, and the user's own cancel."""

from collections.abc import Callable

Progress = Callable[[float, str], None]
"""Called with a fraction in 0..1 and a short text; raises Cancelled when the user has cancelled."""


class Refusal(Exception):
    """Input that cannot be used. The only error type that users meet.

    code: stable identifier, lower case with dashes. sentence: what is wrong, one plain sentence.
    cure: what the user can do about it, one sentence.
    """

    def __init__(self, code: str, sentence: str, cure: str) -> None:
        super().__init__(f"{sentence} {cure}")
        self.code = code
        self.sentence = sentence
        self.cure = cure


class Cancelled(Exception):
    """The user cancelled the job."""


def silent(fraction: float, text: str) -> None:
    """The Progress that nobody watches."""
