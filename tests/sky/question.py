"""What a service is asked, and answers in common use."""

import json
from dataclasses import dataclass
from typing import Any

from werkzeug import Request, Response


@dataclass(frozen=True)
class Question:
    """One request, without the prefix of its service."""

    method: str
    path: str
    """``"fits-cutout"``."""
    query: str
    """As it came, undecoded."""
    args: dict[str, str]
    body: Any = None
    """Of a POST: what its JSON says; None where it is none."""

    @classmethod
    def of(cls, request: Request, path: str) -> "Question":
        text = request.get_data(as_text=True)
        try:
            body = json.loads(text) if text else None
        except ValueError:
            body = None
        query = request.query_string.decode()
        return cls(request.method, path, query, request.args.to_dict(), body)


def text(words: str, status: int = 200) -> Response:
    """Django's answer with words: it calls all of them HTML."""
    return Response(words, status=status, content_type="text/html; charset=utf-8")


def page(status: int, title: str) -> Response:
    """An HTML page."""
    head, body = f"<head><title>{title}</title></head>", f"<body><h1>{title}</h1></body>"
    return text(f"<!doctype html>\n<html>\n{head}\n{body}\n</html>\n", status)


def server_error() -> Response:
    """Django's, where its code raises."""
    return page(500, "Server Error (500)")


def as_json(value: Any, status: int = 200) -> Response:
    return Response(json.dumps(value), status=status, content_type="application/json")
