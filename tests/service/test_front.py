"""Who has the last word about a request."""

from backend.service.front import MAX_OPEN, Ledger


def test_the_last_word_is_given_once() -> None:
    ledger = Ledger()
    assert ledger.open(4)
    assert 4 in ledger
    assert ledger.close(4)
    assert 4 not in ledger
    assert not ledger.close(4)
    assert not ledger.close(5)


def test_open_requests_are_bounded_and_distinct() -> None:
    ledger = Ledger()
    assert all(ledger.open(id) for id in range(MAX_OPEN))
    assert not ledger.open(MAX_OPEN)
    assert ledger.close(0)
    assert not ledger.open(1)
    assert ledger.open(MAX_OPEN)
