"""What goes wrong with a service: answers that do not come, come late, or are not what was asked for."""

import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from threading import Event
from typing import Literal

from werkzeug import Request, Response

from tests.sky.question import Question, page
from tests.sky.simulated_sky import CROWD, SPECTRA, STAR, distance

Day = Literal[
    "refused", "timeout", "slow", "stalled", "429", "500", "503", "html", "truncated", "broken",
    "wrong object", "empty",
]  # fmt: skip
PIECES = 20
"""Of a slow answer."""


@dataclass
class BadDay:
    """What is wrong, and for how many requests more; None: until it is over."""

    day: Day
    count: int | None
    retry_after: str
    slow_seconds: float
    path: str
    """What the paths begin with that fail; others are answered."""


def on_a_bad_day(
    bad: BadDay, question: Question, request: Request, ask: Callable[[Question], Response], over: Event
) -> Response:
    """The answer of such a day; `over` ends waits."""
    match bad.day:
        case "refused":
            return _hang_up(request)
        case "timeout":
            over.wait()
            return _hang_up(request)
        case "429" | "503":
            answer = page(int(bad.day), "Too Many Requests" if bad.day == "429" else "Service Unavailable")
            answer.headers["Retry-After"] = bad.retry_after
            return answer
        case "500":
            return page(500, "Server Error (500)")
        case "html":
            return page(200, "Down for maintenance")
        case "empty":
            return Response(b"")
        case "wrong object":
            return ask(another_question(question))
    answer = ask(question)
    data = answer.get_data()
    match bad.day:
        case "truncated":
            answer.set_data(_begin(data))
        case "broken":
            answer.response = _broken(data, request)
        case "slow":
            answer.response = _dribble(data, bad.slow_seconds, over)
        case "stalled":
            answer.response = _stalled(data, over)
    return answer


def another_question(question: Question) -> Question:
    """The one whose answer is of another object."""
    args, body = dict(question.args), question.body
    if question.path == "fits-cutout":
        args["ra"] = f"{(float(args.get('ra', 0)) + 0.05) % 360}"
    elif question.path.endswith("cat.fits"):
        reach = 30 / 3600
        args |= {"ralo": f"{STAR.ra - reach}", "rahi": f"{STAR.ra + reach}"}
        args |= {"declo": f"{STAR.dec - reach}", "dechi": f"{STAR.dec + reach}"}
    elif question.path == "find/":
        body = {**body, "search": [["specid", _other_spectrum(body).specid]]}
    elif question.path == "spectras/":
        body = [next(one.sparcl_id for one in SPECTRA if one.sparcl_id not in body)]
    elif "obj" in args:
        args["obj"] = STAR.name
    elif "RA" in args:
        args |= {"RA": f"{STAR.ra}", "DEC": f"{STAR.dec}"}
    return replace(question, args=args, body=body, query=STAR.name, path=_another_file(question.path))


def _other_spectrum(body: dict) -> object:
    """Far from any box that is searched."""
    centers = {one[0]: (one[1] + one[2]) / 2 for one in body.get("search", []) if one[0] in ("ra", "dec")}
    far = distance(centers.get("ra", STAR.ra), centers.get("dec", STAR.dec), CROWD.ra, CROWD.dec) > 1
    return next(one for one in SPECTRA if (one.target.example == CROWD.example) == far)


def _another_file(path: str) -> str:
    """Of SDSS or DESI; other paths stay."""
    if "/spec-" in path:
        return "dr17/sdss/spectro/redux/v5_13_2/spectra/lite/7100/spec-7100-57010-0005.fits"
    if "/coadd-" in path:
        return "dr1/spectro/redux/iron/healpix/main/dark/114/11424/coadd-main-dark-11424.fits"
    return path


def _hang_up(request: Request) -> Response:
    """The connection is reset, without a word."""
    connection: socket.socket = request.environ["werkzeug.socket"]
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.shutdown(socket.SHUT_RDWR)
    return Response()


def _broken(data: bytes, request: Request) -> Iterator[bytes]:
    """The beginning of what was announced, and then nobody is there; who sends the pieces holds one back."""
    begin = _begin(data)
    yield begin
    yield data[len(begin) : len(begin) + 1]
    request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)


def _stalled(data: bytes, over: Event) -> Iterator[bytes]:
    begin = _begin(data)
    yield begin
    yield data[len(begin) : len(begin) + 1]
    over.wait()


def _begin(data: bytes) -> bytes:
    """Less than half: two HDUs of one size would be cut between them, where nobody sees it."""
    return data[: 2 * len(data) // 5]


def _dribble(data: bytes, seconds: float, over: Event) -> Iterator[bytes]:
    size = max(1, -(-len(data) // PIECES))
    for start in range(0, len(data), size):
        over.wait(seconds / PIECES)
        yield data[start : start + size]
