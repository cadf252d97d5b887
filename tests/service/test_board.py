"""The queue of jobs."""

import threading

from backend.service.board import Board, Job


def job(id: int) -> Job:
    return Job(id, "method", {}, {})


def test_jobs_are_taken_in_order_by_a_thread_that_waits() -> None:
    board = Board()
    taken: list[int] = []
    thread = threading.Thread(target=lambda: taken.extend(board.take().id for _ in range(3)))
    thread.start()
    for id in (5, 2, 9):
        board.post(job(id))
    thread.join(5)
    assert taken == [5, 2, 9]
    assert board.busy_with() == 9
    board.finish()
    assert board.busy_with() is None


def test_a_cancel_drops_what_waits_and_marks_what_runs() -> None:
    board = Board()
    for id in (1, 2, 3):
        board.post(job(id))
    running = board.take()
    board.cancel(2)
    board.cancel(9)
    assert not running.cancelled
    board.cancel(1)
    assert running.cancelled
    after = board.take()
    assert after.id == 3 and not after.cancelled
