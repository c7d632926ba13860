"""One thread that does the work of many callers, together what waits together; what a person waits for comes
before what can wait. Knows nothing of the work."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Generic, TypeVar

from aion.errors import AIONError, ClosedError, explained_fault

Job = TypeVar("Job")
Answer = TypeVar("Answer")

IN_A_ROW = 4
"""Runs of what a person waits for, after which one run goes to what can wait, if there is any."""


@dataclass(frozen=True)
class _Waiting(Generic[Job, Answer]):
    job: Job
    future: "Future[Answer]"


class Worker(Generic[Job, Answer]):
    """A queue and its thread. ``run`` gets the jobs that wait, at most ``limit`` of them, and gives one
    answer or exception each.

    Jobs of which ``can_wait`` is true come after all others, but for one after `IN_A_ROW` runs, and each by
    itself: others wait for it. Every job gets an answer or an exception, and the thread lives on, whatever
    ``run`` does.
    """

    def __init__(
        self,
        run: Callable[[list[Job]], Sequence[Answer | Exception]],
        *,
        limit: int,
        can_wait: Callable[[Job], bool] = lambda job: False,
    ) -> None:
        self._run, self._limit, self._can_wait = run, limit, can_wait
        self._urgent: deque[_Waiting[Job, Answer]] = deque()
        self._patient: deque[_Waiting[Job, Answer]] = deque()
        self._in_a_row = 0
        """Runs of urgent jobs while patient ones waited."""
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._work, name="aion-worker", daemon=True)
        self._thread.start()

    def ask(self, jobs: Sequence[Job]) -> list[Answer]:
        """The answers, in the order of the jobs; blocks until all are there.

        Raises:
            AIONError: the first one that a job ended with; a `FaultError` where it ended with an exception
                that is none of ours.
            ClosedError: the worker takes nothing any more.
        """
        answers = self.attempt(jobs)
        for answer in answers:
            if isinstance(answer, AIONError):
                raise answer
        return [answer for answer in answers if not isinstance(answer, AIONError)]

    def attempt(self, jobs: Sequence[Job]) -> list[Answer | AIONError]:
        """As `ask`, with the exception of a job in the place of its answer."""
        futures = [self._submit(job) for job in jobs]
        outcomes: list[Answer | AIONError] = []
        for future in futures:
            try:
                outcomes.append(future.result())
            except AIONError as exc:
                outcomes.append(exc)
        return outcomes

    def close(self) -> None:
        """Finish what waits and end the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()

    def _submit(self, job: Job) -> "Future[Answer]":
        waiting = _Waiting[Job, Answer](job, Future())
        with self._changed:
            if self._closed:
                raise ClosedError(
                    "the model that was asked is closed: other weights took its place; ask again"
                )
            (self._patient if self._can_wait(job) else self._urgent).append(waiting)
            self._changed.notify()
        return waiting.future

    def _work(self) -> None:
        while together := self._next():
            answers = self._answers([waiting.job for waiting in together])
            for waiting, answer in zip(together, answers, strict=True):
                if isinstance(answer, BaseException):
                    waiting.future.set_exception(explained_fault(answer))
                else:
                    waiting.future.set_result(answer)

    def _answers(self, jobs: list[Job]) -> Sequence[Answer | BaseException]:
        """One for each job."""
        try:
            answers = self._run(jobs)
            if len(answers) != len(jobs):
                raise RuntimeError(f"{len(jobs)} jobs got {len(answers)} answers")
        except BaseException as exc:  # nobody may interrupt this thread, for which everybody waits
            return [exc] * len(jobs)
        return answers

    def _next(self) -> list[_Waiting[Job, Answer]]:
        """What is run together next; blocks until there is something, and is empty at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._urgent or self._patient or self._closed)
            is_urgent = bool(self._urgent) and not (self._patient and self._in_a_row >= IN_A_ROW)
            self._in_a_row = self._in_a_row + 1 if is_urgent and self._patient else 0
            queue, limit = (self._urgent, self._limit) if is_urgent else (self._patient, 1)
            return [queue.popleft() for _ in range(min(limit, len(queue)))]
