"""Asks a service: one question at a time for each, at its pace, and again where it is busy; and keeps what
came. Knows how to ask, not what the answers mean.
"""

import hashlib
import json
import re
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from urllib3.exceptions import HTTPError, ReadTimeoutError

from aion.errors import ArchiveError, NothingThereError
from aion.sky.cache import Answer, Cache
from aion.sky.recorder import Recorder
from aion.sky.search_progress import SearchProgress
from aion.sky.services import Services

CONNECT_SECONDS, READ_SECONDS, MOST_SECONDS = 10.0, 30.0, 180.0
"""To reach a service, between two pieces of its answer, and for all of it."""
PAUSES = (1.0, 4.0)
"""Seconds before each new attempt, where the service does not say itself how long to wait."""
LONGEST_WAIT = 60.0
"""Seconds: a service that asks for more is not waited for."""
MOST_BYTES = 512 * 2**20
"""Of one answer."""
BUSY = {429, 500, 502, 503, 504}
"""Status codes that may be another one a little later."""
CHUNK = 2**16
USER_AGENT = "aion-explorer (interactive use by astronomers; one request at a time)"


@dataclass(frozen=True)
class Request:
    """One question."""

    service: str
    """Field of `Services`: ``"viewer"``."""
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    """JSON to be posted; None: nothing is."""
    span: tuple[int, int] | None = None
    """First and last byte of the part of a file that is asked for; None: all of it."""
    step: str = ""
    """For people: ``"image"``."""
    problem: Callable[[bytes], str | None] = lambda data: None
    """What is wrong with an answer of status 200, as a clause; None: nothing."""
    nothing: Mapping[int, str] = field(default_factory=dict)
    """Status code -> the sentence that says what is not there, for codes that mean it."""


class Archive:
    """The services of one process. Threads may ask at the same time; each service gets one question after the
    other."""

    def __init__(
        self, services: Services, *, pauses: tuple[float, ...] = PAUSES, recorder: Recorder | None = None
    ) -> None:
        self.services, self.pauses = services, pauses
        self._recorder = recorder
        """Keeps every answer, for which all is asked anew."""
        self.cache = Cache(services.cache, services.cache_bytes)
        self._queues = {name: _Queue(seconds) for name, seconds in services.pace.items()}

    def ask(self, request: Request, progress: SearchProgress | None = None) -> Answer:
        """The answer, from the cache where the same was asked before.

        Raises:
            ArchiveError: the service cannot be reached, refuses, is busy too long or sends something else.
            NothingThereError: it has nothing there.
            StoppedError: `progress` was asked to stop.
        """
        progress = progress or SearchProgress()
        base = getattr(self.services, request.service)
        query = f"?{urlencode(request.params)}" if request.params else ""
        posted = "" if request.body is None else f"#{json.dumps(request.body, separators=(',', ':'))}"
        part = "" if request.span is None else "#bytes={}-{}".format(*request.span)
        url = f"{base}/{request.path}{query}{posted}{part}"
        kept = self.cache.find(url) if self._recorder is None else None
        if kept is not None:
            progress.tell(request.step, "from the cache")
            return kept
        queue = self._queues[request.service]
        for pause in (*self.pauses, None):
            try:
                with queue.turn(progress):
                    data, size = self._download(url, request, queue.session, progress)
                break
            except _BusyError as exc:
                wait = exc.wait if exc.wait is not None else pause
                if pause is None or wait is None or wait > LONGEST_WAIT:
                    raise ArchiveError(str(exc)) from exc.__cause__
                progress.tell(request.step, f"waiting {wait:.0f} s: {exc}")
                progress.wait(wait)
        problem = request.problem(data)
        if problem is not None:
            raise ArchiveError(f"{_host(url)} {problem}")
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        answer = Answer(data, url, now, hashlib.sha256(data).hexdigest(), size)
        self.cache.keep(answer)
        progress.tell(request.step, _size(len(data)))
        return answer

    def _download(
        self, url: str, request: Request, session: requests.Session, progress: SearchProgress
    ) -> tuple[bytes, int | None]:
        """The answer; and of a part of a file, how large the file is."""
        host = _host(url)
        method = "GET" if request.body is None else "POST"
        try:
            with session.request(
                method,
                url.partition("#")[0],
                json=request.body,
                headers={} if request.span is None else {"Range": "bytes={}-{}".format(*request.span)},
                stream=True,
                timeout=(CONNECT_SECONDS, READ_SECONDS),
            ) as response:
                if response.status_code in {*request.nothing, *BUSY}:  # whose words nobody reads
                    self._record(request, response, b"")
                if response.status_code in request.nothing:
                    raise NothingThereError(request.nothing[response.status_code])
                if response.status_code in BUSY:
                    raise _BusyError(f"{host} is busy ({_status(response)})", _retry_after(response))
                size = None if request.span is None else _file_size(response, request.span, host)
                data = _body(response, request.step, host, progress)
                self._record(request, response, data)
                if not response.ok:
                    raise ArchiveError(f"{host} refuses ({_status(response)}): {_words(data)}")
                if size is not None and request.span and len(data) != _length(request.span, size):
                    raise ArchiveError(f"{host} sent a part of a file that ends too early; try again")
                return data, size
        except (requests.Timeout, ReadTimeoutError) as exc:
            raise ArchiveError(f"{host} does not answer in time; try again later") from exc
        except requests.ConnectionError as exc:
            raise ArchiveError(f"{host} cannot be reached ({_reason(exc)}); is there a network?") from exc
        except (requests.RequestException, HTTPError) as exc:
            raise _BusyError(f"the answer of {host} broke off ({_reason(exc)})", None) from exc

    def _record(self, request: Request, response: requests.Response, data: bytes) -> None:
        if self._recorder is None:
            return
        asked = response.history[0].request if response.history else response.request
        self._recorder.write(
            request.service,
            asked.method or "",
            (asked.url or "").removeprefix(f"{getattr(self.services, request.service)}/"),
            request.body,
            "" if request.span is None else "bytes={}-{}".format(*request.span),
            status=response.status_code,
            headers=dict(response.headers),
            data=data,
        )


class _Queue:
    """Whose turn it is at one service, and when."""

    def __init__(self, pace: float) -> None:
        self.session = requests.Session()
        self.session.headers["User-Agent"] = USER_AGENT
        self._pace, self._next = pace, 0.0
        self._door = threading.Lock()

    @contextmanager
    def turn(self, progress: SearchProgress) -> Any:
        """One question at a time, and not before its time; a wait that is stopped gives up its place."""
        progress.check()
        while not self._door.acquire(timeout=0.05):
            progress.check()
        try:
            progress.wait(max(0.0, self._next - time.monotonic()))
            self._next = time.monotonic() + self._pace
            yield
        finally:
            self._door.release()


class _BusyError(Exception):
    """Not now; perhaps after `wait` seconds, where the service says so."""

    def __init__(self, message: str, wait: float | None) -> None:
        super().__init__(message)
        self.wait = wait


def _body(response: requests.Response, step: str, host: str, progress: SearchProgress) -> bytes:
    """All of it, while it arrives in time and nobody wants to stop; looked at whenever a few bytes come."""
    deadline = time.monotonic() + MOST_SECONDS
    parts, size = [], 0
    while part := response.raw.read1(CHUNK, decode_content=True):
        progress.check()
        parts.append(part)
        size += len(part)
        progress.tell(step, _size(size))
        if size > MOST_BYTES:
            raise ArchiveError(f"{host} sends more than {_size(MOST_BYTES)}; ask for less")
        if time.monotonic() > deadline:
            raise ArchiveError(
                f"{host} sent {_size(size)} in {MOST_SECONDS:.0f} s and is not done; try later"
            )
    return b"".join(parts)


def _file_size(response: requests.Response, span: tuple[int, int], host: str) -> int | None:
    """Of the file of which a part is sent, bytes; None where the answer is an error.

    Raises:
        ArchiveError: another part comes, or all of it.
    """
    if not response.ok:
        return None
    sent = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", response.headers.get("Content-Range", ""))
    if sent is None or int(sent[1]) != span[0]:
        raise ArchiveError(f"{host} does not send the part of a file that was asked for; try again later")
    return int(sent[2])


def _length(span: tuple[int, int], size: int) -> int:
    """Bytes of a part of a file, which ends where the file does."""
    return min(span[1], size - 1) - span[0] + 1


def _retry_after(response: requests.Response) -> float | None:
    """Seconds that the service asks to wait; dates, which it may give as well, count as nothing said."""
    text = response.headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None


def _status(response: requests.Response) -> str:
    return f"{response.status_code} {response.reason}".strip()


def _words(data: bytes) -> str:
    """What a service says itself, as text or as ``errorMessage`` of JSON, short enough for a sentence."""
    text = data.decode(errors="replace")
    with suppress(ValueError):
        answer = json.loads(text)
        text = str(answer["errorMessage"]) if isinstance(answer, dict) and "errorMessage" in answer else text
    words = " ".join(text.split())
    return words[:200] if words and not words.startswith("<") else "it does not say why"


def _reason(exc: BaseException) -> str:
    """The innermost cause in a few words."""
    while exc.__context__ is not None or exc.__cause__ is not None:
        exc = exc.__cause__ or exc.__context__  # type: ignore[assignment]
    return (getattr(exc, "strerror", None) or str(exc) or type(exc).__name__)[:120]


def _host(url: str) -> str:
    return urlsplit(url).netloc


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1_000_000 else f"{count / 1e3:.0f} kB"
