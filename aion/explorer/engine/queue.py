"""One thread that does the work of many callers, together what waits together. Knows nothing of the work."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from aion.errors import AIONError, ClosedError, explained_fault

Job = TypeVar("Job")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class _Waiting(Generic[Job, Answer]):
    job: Job
    future: "Future[Answer]"


class Worker(Generic[Job, Answer]):
    """A queue and its thread. ``run`` gets the jobs that wait, at most ``limit`` of them, and gives one
    answer or exception each.

    Every job gets an answer or an exception, and the thread lives on, whatever ``run`` does.
    """

    def __init__(self, run: Callable[[list[Job]], Sequence[Answer | Exception]], *, limit: int) -> None:
        self._run = run
        self._limit = limit
        self._queue: SimpleQueue[_Waiting[Job, Answer] | None] = SimpleQueue()
        self._closed = False
        self._door = threading.Lock()
        """Nothing is put into the queue behind its end."""
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
        with self._door:
            self._closed = True
            self._queue.put(None)
        self._thread.join()

    def _submit(self, job: Job) -> "Future[Answer]":
        waiting = _Waiting[Job, Answer](job, Future())
        with self._door:
            if self._closed:
                raise ClosedError(
                    "the model that was asked is closed: other weights took its place; ask again"
                )
            self._queue.put(waiting)
        return waiting.future

    def _work(self) -> None:
        closing = False
        while not closing and (first := self._queue.get()) is not None:
            together, closing = self._gather(first)
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

    def _gather(self, first: _Waiting[Job, Answer]) -> tuple[list[_Waiting[Job, Answer]], bool]:
        """The first job and those already behind it, and whether the end was reached."""
        together = [first]
        while len(together) < self._limit:
            try:
                waiting = self._queue.get_nowait()
            except Empty:
                break
            if waiting is None:
                return together, True
            together.append(waiting)
        return together, False
