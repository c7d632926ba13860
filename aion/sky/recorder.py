"""Real answers of services as files, so that the fake archive of the tests can give them again. Asks nothing.

Each answer is two files: its body as it came, and JSON of what was asked, the status, and the headers that
somebody reads.
"""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HEADERS = ("Content-Type", "Content-Range", "Retry-After")
"""Of an answer, that are kept."""


class Recorder:
    """A folder of answers; the same question again takes the place of its last answer."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def write(
        self, service: str, method: str, path: str, body: Any, part: str, *, status: int,
        headers: dict[str, str], data: bytes,
    ) -> None:  # fmt: skip
        """Keep an answer.

        Args:
            service: field of `Services`.
            path: below the base URL, with the query.
            body: JSON that was posted; None: nothing was.
            part: ``bytes=0-65535`` of a file; empty: all of it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        stem = recorded_name(service, method, path, body, part)
        about = {"service": service, "method": method, "path": path, "body": body, "part": part}
        about |= {"status": status, "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        about["headers"] = {name: headers[name] for name in HEADERS if name in headers}
        self.folder.joinpath(f"{stem}.body").write_bytes(data)
        self.folder.joinpath(f"{stem}.json").write_text(json.dumps(about, indent=1))


def recorded_name(service: str, method: str, path: str, body: Any, part: str) -> str:
    """Of the files of an answer, without their endings."""
    question = json.dumps([method, path, body, part], sort_keys=True)
    return f"{service}-{hashlib.sha256(question.encode()).hexdigest()[:16]}"
