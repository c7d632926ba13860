"""A fake of every astronomical service that the explorer asks, with a small simulated sky: for tests, and to
look at the application without a network::

    python -m tests.sky.fake_archive --port 8765

It follows the services, not the code that asks them. Its sky is `simulated_sky`, or what
``aion fetch --record`` kept of the real one::

    python -m tests.sky.fake_archive --replay folder
"""

import argparse
import json
import re
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from threading import Event, Lock

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from aion.sky.recorder import recorded_name
from aion.sky.services import Services
from tests.sky import names_and_files, sparcl, viewer
from tests.sky.bad_days import BadDay, Day, on_a_bad_day
from tests.sky.question import Question, page, text
from tests.sky.simulated_sky import TARGETS

ANSWERS: dict[str, Callable[[Question], Response]] = {
    "viewer": viewer.answer,
    "sparcl": sparcl.answer,
    "sesame": names_and_files.sesame,
    "sdss": names_and_files.sdss,
    "desi": names_and_files.desi,
    "datalab": names_and_files.datalab,
}
PREFIXES = {service: f"/{service}" for service in ANSWERS} | {"sparcl": "/sparc"}
UNKNOWN_HOST = "http://no-such-host.invalid"
"""A base URL whose host no name server knows."""


@dataclass(frozen=True)
class RecordedRequest:
    """What was asked, and when."""

    service: str
    method: str
    path: str
    """Without the prefix of the service."""
    query: str
    body: str
    user_agent: str
    time: float
    """Seconds, monotonic, when it arrived."""


class FakeArchive:
    """All services on one test server, under a prefix each. The server answers several requests at once
    (``threaded=True``), or a slow one holds up all others."""

    def __init__(self, server: HTTPServer, recorded: Path | None = None) -> None:
        """With the answers of a folder that `aion.sky.recorder` wrote, and no others, where one is given."""
        self._recorded = recorded
        self.requests: list[RecordedRequest] = []
        """In the order in which they arrived."""
        self.most_at_once: dict[str, int] = dict.fromkeys(ANSWERS, 0)
        """Answers of a service that were under way at the same time."""
        self._server = server
        self._under_way = dict.fromkeys(ANSWERS, 0)
        self._bad: dict[str, BadDay] = {}
        self._over = Event()
        self._lock = Lock()
        server.expect_request(re.compile("/.*")).respond_with_handler(self._answer)

    @property
    def base_urls(self) -> dict[str, str]:
        """Service -> base URL, without a slash at the end."""
        return {service: self._server.url_for(prefix) for service, prefix in PREFIXES.items()}

    def fail(
        self, service: str, day: Day, count: int | None = None, *, retry_after: str = "1",
        slow_seconds: float = 2.0, path: str = "",
    ) -> None:  # fmt: skip
        """From now on `service` fails `count` times, or until `recover`; only where its path begins with
        `path`.

        ``"refused"``: the connection is reset. ``"timeout"``: nothing comes before `close`. ``"slow"``: the
        answer comes in pieces over `slow_seconds`. ``"stalled"``: its beginning, and no more before `close`.
        ``"429"`` and ``"503"``: with ``Retry-After``. ``"500"``, ``"html"`` (of status 200) and ``"empty"``:
        instead of an answer. ``"truncated"``: its beginning, as if that were all. ``"broken"``: the same,
        then the connection is lost. ``"wrong object"``: of another object.
        """
        if service not in ANSWERS:
            raise KeyError(f"{service!r} is no service; there are {', '.join(ANSWERS)}")
        self._bad[service] = BadDay(day, count, retry_after, slow_seconds, path)

    def recover(self, service: str) -> None:
        """It answers again."""
        self._bad.pop(service, None)

    def requests_of(self, service: str) -> list[RecordedRequest]:
        """What this service was asked."""
        return [request for request in self.requests if request.service == service]

    def close(self) -> None:
        """Ends what is waiting; the server can be stopped then."""
        self._over.set()

    def _answer(self, request: Request) -> Response:
        for service, prefix in PREFIXES.items():
            if request.path.startswith(f"{prefix}/"):
                question = Question.of(request, request.path.removeprefix(f"{prefix}/"))
                bad = self._record(service, question, request)

                def ask(question: Question, service: str = service) -> Response:
                    if self._recorded is not None:
                        return replayed(self._recorded, service, question, request)
                    return part_of(ANSWERS[service](question), request)

                try:
                    answer = on_a_bad_day(bad, question, request, ask, self._over) if bad else ask(question)
                except BaseException:
                    self._ended(service)
                    raise
                answer.response = self._counted(service, answer.response)
                return answer
        return page(404, "Not Found")

    def _record(self, service: str, question: Question, request: Request) -> BadDay | None:
        """Keeps the request; what is wrong with its service, if it is."""
        record = RecordedRequest(
            service, question.method, question.path, question.query, request.get_data(as_text=True),
            request.headers.get("User-Agent", ""), time.monotonic(),
        )  # fmt: skip
        with self._lock:
            self.requests.append(record)
            self._under_way[service] += 1
            self.most_at_once[service] = max(self.most_at_once[service], self._under_way[service])
            bad = self._bad.get(service)
            if bad is None or not question.path.startswith(bad.path):
                return None
            if bad.count is None:
                return bad
            bad.count -= 1
            if bad.count <= 0:
                del self._bad[service]
            return bad if bad.count >= 0 else None

    def _counted(self, service: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The pieces of an answer, which is under way until its last one is sent."""
        held = b""
        try:
            for piece in pieces:
                if held:
                    yield held
                held = piece
        finally:  # also where the client is gone
            self._ended(service)
        yield held

    def _ended(self, service: str) -> None:
        with self._lock:
            self._under_way[service] -= 1


def replayed(folder: Path, service: str, question: Question, request: Request) -> Response:
    """The answer as it was recorded; status 404 for a question that was not."""
    path = f"{question.path}?{question.query}" if question.query else question.path
    part = request.headers.get("Range", "")
    stem = recorded_name(service, question.method, path, question.body, part)
    if not folder.joinpath(f"{stem}.json").is_file():
        return text(f"not recorded: {question.method} {path} {part}", 404)
    about = json.loads(folder.joinpath(f"{stem}.json").read_text())
    return Response(folder.joinpath(f"{stem}.body").read_bytes(), about["status"], about["headers"])


def part_of(answer: Response, request: Request) -> Response:
    """What the ``Range`` of a request asks for of a file, with status 206; else the answer."""
    if answer.status_code == 200 and answer.mimetype == "application/fits":
        size = len(answer.get_data())
        answer.make_conditional(request.environ, accept_ranges=True, complete_length=size)
    return answer


@contextmanager
def fake_archive(port: int = 0, recorded: Path | None = None) -> Iterator[FakeArchive]:
    """A fake archive on a server of its own, which answers several requests at once; 0: any free port."""
    with HTTPServer(host="127.0.0.1", port=port, threaded=True) as server:
        archive = FakeArchive(server, recorded)
        try:
            yield archive
        finally:
            archive.close()


_CLOSED: list[socket.socket] = []


def closed_port() -> str:
    """A base URL at which nobody listens, nor can as long as this process runs."""
    holder = socket.socket()
    holder.bind(("127.0.0.1", 0))
    _CLOSED.append(holder)
    return f"http://127.0.0.1:{holder.getsockname()[1]}"


def main() -> None:
    """Serves until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Serves a fake of the astronomical archives until Ctrl-C.")
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--replay", type=Path, metavar="DIR", help="answers of aion fetch --record")
    options = parser.parse_args()
    try:
        with fake_archive(options.port, options.replay) as archive:
            print("Start the application with these in its environment:")
            settings = {one.name for one in fields(Services)}
            for service, url in archive.base_urls.items():
                print(f"AION_SKY_{service.upper()}={url}" if service in settings else f"({service}: {url})")
            names = ", ".join(target.name for target in TARGETS)
            print(
                f"Answers of {options.replay}" if options.replay else f"Names it knows: {names}", flush=True
            )
            Event().wait()
    except KeyboardInterrupt:
        print("\nclosed")


if __name__ == "__main__":
    main()
