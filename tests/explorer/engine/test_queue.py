"""The queue: every caller gets its own answer, what waits together runs together, and one failure stays one failure."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from aion.errors import ClosedError
from aion.explorer.engine.queue import Worker


def test_callers_from_many_threads_get_their_own_answers():
    worker = Worker(lambda jobs: [job * job for job in jobs], limit=4)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda n: worker.ask([n])[0], range(100))) == [n * n for n in range(100)]
    worker.close()


def test_jobs_that_wait_together_run_together_up_to_the_limit():
    started, go, sizes = threading.Event(), threading.Event(), []

    def run(jobs):
        started.set()
        go.wait(5)
        sizes.append(len(jobs))
        return jobs

    worker = Worker(run, limit=4)
    with ThreadPoolExecutor(1) as pool:
        answers = pool.submit(worker.ask, list(range(9)))
        started.wait(5)
        go.set()
        assert answers.result(5) == list(range(9))
    worker.close()
    assert sum(sizes) == 9 and max(sizes) == 4


def test_a_job_that_fails_does_not_take_others_with_it():
    worker = Worker(lambda jobs: [ValueError("three") if job == 3 else job for job in jobs], limit=8)
    with pytest.raises(ValueError, match="three"):
        worker.ask([1, 2, 3])
    assert worker.ask([1, 2]) == [1, 2]
    worker.close()


def test_a_run_that_breaks_is_raised_to_its_callers_and_the_thread_lives_on():
    def run(jobs):
        if "bad" in jobs:
            raise RuntimeError("broken")
        return jobs

    worker = Worker(run, limit=1)
    with pytest.raises(RuntimeError, match="broken"):
        worker.ask(["bad"])
    assert worker.ask(["good"]) == ["good"]
    worker.close()
    with pytest.raises(ClosedError, match="closed"):
        worker.ask(["late"])
