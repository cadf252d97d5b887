"""The queue of jobs."""

import threading

from backend.service.board import MAX_WAITING, Board, Job


def job(id: int) -> Job:
    return Job(id, "method", {}, {})


def test_jobs_are_taken_in_order_by_a_thread_that_waits() -> None:
    board = Board()
    taken: list[int] = []
    thread = threading.Thread(target=lambda: taken.extend(board.take().id for _ in range(3)))
    thread.start()
    for id in (5, 2, 9):
        assert board.post(job(id))
    thread.join(5)
    assert taken == [5, 2, 9]
    assert board.busy_with() == 9
    board.finish()
    assert board.busy_with() is None


def test_the_last_word_about_a_job_is_given_once() -> None:
    board = Board()
    board.post(job(1))
    running = board.take()
    assert board.cancel(1)
    assert running.answered
    assert not board.claim(running)
    assert not board.cancel(1)


def test_the_queue_is_bounded_and_ids_are_unique() -> None:
    board = Board()
    assert all(board.post(job(id)) for id in range(MAX_WAITING))
    assert not board.post(job(MAX_WAITING))
    assert board.cancel(0)
    assert not board.post(job(1))
    assert board.post(job(0))
