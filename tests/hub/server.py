"""A local HTTP server that plays the Hugging Face Hub:
files under /<owner>/<name>/resolve/<revision>/<path>, large ones by redirect.

What a repository does is in its name: `open`, `gated`, `private`, `forbidden`, `cut` (the first answer breaks
off half-way), `broken` (every answer breaks off at once), `slow` (half of a weights file, and the rest when
`go` is set). The list of its files is under /api/models. Everything asked for is kept in `requests`.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any

COMMIT = "c0ffee" + "0" * 34
TOKEN = "hf_the_right_one"


@dataclass
class Hub:
    """The server's address, the folder it hands out under every name, and what was asked of it."""

    folder: Path
    url: str = ""
    requests: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    go: Event = field(default_factory=Event)

    def requests_of(self, repository: str, method: str = "GET") -> list[dict[str, str]]:
        """Headers of the requests for files of a repository."""
        return [
            headers for verb, path, headers in self.requests if verb == method and f"/{repository}/" in path
        ]


@contextmanager
def hub(folder: Path) -> Iterator[Hub]:
    """Serve a folder until the end of the block."""
    state = Hub(folder)
    handler = type("Handler", (_Handler,), {"hub": state})
    with _Server(("127.0.0.1", 0), handler) as server:
        state.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield state
        server.shutdown()
        thread.join()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        """Somebody hung up, which is theirs to do and says nothing to the tests, that read standard error."""


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        self.hub.requests.append((self.command, self.path, dict(self.headers)))
        if self.path.startswith("/api/models/"):
            self.list_files()
            return
        owner, name, kind, revision, *parts = self.path.strip("/").split("/")
        path = self.hub.folder / "/".join(parts)
        if owner == "nobody":
            self.refuse(404, "RepoNotFound")
        elif name == "private" and self.token != TOKEN:
            self.refuse(401, None)
        elif name == "gated" and self.token != TOKEN:
            self.refuse(403 if self.token else 401, "GatedRepo")
        elif name == "forbidden":
            self.refuse(403, None)
        elif revision not in ("main", "v1", COMMIT):
            self.refuse(404, "RevisionNotFound")
        elif not path.is_file():
            self.refuse(404, "EntryNotFound")
        elif path.suffix == ".safetensors" and kind == "resolve":
            self.send(302, path, Location=f"{self.hub.url}/{owner}/{name}/cdn/{COMMIT}/{'/'.join(parts)}")
        else:
            self.send(
                200,
                path,
                breaks={"slow": 3, "cut": 2, "broken": 1}.get(name, 0)
                if path.suffix == ".safetensors"
                else 0,
            )

    def list_files(self) -> None:
        """What the Hub says of a repository, and of every file its size;
        gated ones are listed for everybody."""
        owner, name, *rest = self.path.removeprefix("/api/models/").partition("?")[0].split("/")
        revision = rest[1] if rest else "main"
        if owner == "nobody":
            self.refuse(404, "RepoNotFound")
        elif name == "private" and self.token != TOKEN:
            self.refuse(401, "RepoNotFound")
        elif revision not in ("main", "v1", COMMIT):
            self.refuse(404, "RevisionNotFound")
        else:
            files = [path for path in sorted(self.hub.folder.rglob("*")) if path.is_file()]
            listed = [
                {"rfilename": path.relative_to(self.hub.folder).as_posix(), "size": path.stat().st_size}
                for path in files
            ]
            gated = "auto" if name == "gated" else False
            body = json.dumps(
                {"id": f"{owner}/{name}", "sha": COMMIT, "gated": gated, "siblings": listed}
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    @property
    def token(self) -> str:
        return self.headers.get("Authorization", "").removeprefix("Bearer ")

    def refuse(self, status: int, code: str | None) -> None:
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def send(self, status: int, path: Path, *, breaks: int = 0, **headers: str) -> None:
        data = path.read_bytes()
        etag = f'"{hashlib.sha256(data).hexdigest()}"'
        wanted = self.headers.get("Range")
        start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
        if wanted and status == 200:
            status = 206
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        body = b"" if status == 302 else data[start:]
        self.send_response(status)
        identity: dict[str, Any] = {
            "ETag": etag,
            "X-Repo-Commit": COMMIT,
            "X-Linked-Etag": etag,
            "X-Linked-Size": len(data),
        }
        for name, value in {**identity, **headers, "Content-Length": len(body)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if self.command == "HEAD":
            return
        if breaks == 1 or (breaks == 2 and not wanted):
            self.wfile.write(body[: 0 if breaks == 1 else len(body) // 2])
            self.close_connection = True
        elif breaks == 3:
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self.hub.go.wait(60)
            with suppress(OSError):  # nobody listens any more
                self.wfile.write(body[len(body) // 2 :])
        else:
            self.wfile.write(body)
