"""The queue: every caller gets its own answer, what waits together runs together,
and one failure stays one failure."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from aion.errors import ClosedError, FaultError, InputError
from aion.explorer.engine.queue import IN_A_ROW, Worker


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
    worker = Worker(lambda jobs: [InputError("three") if job == 3 else job for job in jobs], limit=8)
    with pytest.raises(InputError, match="three"):
        worker.ask([1, 2, 3])
    assert worker.ask([1, 2]) == [1, 2]
    worker.close()


def _too_few(jobs):
    return []


def _ends(jobs):
    raise SystemExit(3)  # what a library may do, and what ends a thread without a word


def _breaks(jobs):
    raise RuntimeError("broken")


@pytest.mark.parametrize(
    ("run", "told"),
    [(_breaks, "RuntimeError: broken"), (_too_few, "1 jobs got 0 answers"), (_ends, r"SystemExit: 3")],
)
def test_whatever_a_run_does_its_callers_are_told_and_the_thread_lives_on(run, told, caplog):
    worker, answers = Worker(lambda jobs: run(jobs) if "bad" in jobs else jobs, limit=1), []
    asking = threading.Thread(
        target=lambda: answers.extend(worker.attempt(["bad"]) + worker.attempt(["good"])), daemon=True
    )
    asking.start()
    asking.join(5)
    assert len(answers) == 2, "who asked still waits"
    with pytest.raises(FaultError, match=f"a fault of this program.*{told}"):
        raise answers[0]
    assert answers[1] == "good"
    assert "Traceback" in caplog.text and told.split(":")[0] in caplog.text
    worker.close()


def test_what_was_foreseen_is_no_fault_and_not_logged(caplog):
    worker = Worker(lambda jobs: [InputError("too small")] * len(jobs), limit=2)
    assert [str(answer) for answer in worker.attempt([1, 2])] == ["too small"] * 2
    assert not caplog.records
    worker.close()


def test_a_worker_that_is_closed_says_so():
    worker = Worker(lambda jobs: jobs, limit=1)
    worker.close()
    with pytest.raises(ClosedError, match="closed"):
        worker.ask(["late"])


def _held(worker: Worker[str, str], started: threading.Event) -> threading.Thread:
    """A caller whose run has begun and does not end before the test lets it."""
    holder = threading.Thread(target=worker.ask, args=(["first"],), daemon=True)
    holder.start()
    assert started.wait(5)
    return holder


def test_what_a_person_waits_for_comes_before_what_can_wait_and_not_for_ever():
    started, go, runs = threading.Event(), threading.Event(), []

    def run(jobs):
        started.set()
        assert go.wait(5)
        runs.append(list(jobs))
        return jobs

    worker = Worker(run, limit=1, can_wait=lambda job: job.startswith("batch"))
    holder = _held(worker, started)
    batches = [f"batch {n}" for n in range(4)]
    with ThreadPoolExecutor(2) as pool:
        later = pool.submit(worker.ask, batches)
        while len(worker._patient) < len(batches):
            threading.Event().wait(0.001)
        person = pool.submit(worker.ask, [f"person {n}" for n in range(6)])
        while len(worker._urgent) < 6:
            threading.Event().wait(0.001)
        go.set()
        assert later.result(5) == batches
        assert person.result(5) == [f"person {n}" for n in range(6)]
    holder.join(5)
    worker.close()
    people = [[f"person {n}"] for n in range(6)]
    one, *rest = [[batch] for batch in batches]
    assert runs == [["first"], *people[:IN_A_ROW], one, *people[IN_A_ROW:], *rest]


def test_a_worker_that_is_closed_finishes_what_can_wait_too():
    worker = Worker(lambda jobs: jobs, limit=1, can_wait=lambda job: True)
    with ThreadPoolExecutor(1) as pool:
        answers = pool.submit(worker.ask, list(range(20)))
        while not answers.done() and not worker._patient:
            threading.Event().wait(0.001)
        worker.close()
        assert answers.result(5) == list(range(20))
