"""A process whose huggingface_hub talks to the served Hub:
it reads its endpoint and cache when it is imported.

One JSON order per line on stdin, one JSON answer per line on stdout.
Started with ``waiting`` it waits between tries as everybody does.
"""

import json
import os
import socket
import sys
import time
from typing import Any

import torch
from huggingface_hub import constants

from aion import hub
from aion.codecs import CodecManager
from aion.errors import AIONError
from aion.modalities import Z
from aion.model import AION


def obey(order: dict[str, Any]) -> dict[str, Any]:
    """The answer to one order: what was found, or the error's name and message."""
    os.environ.pop("HF_TOKEN", None)
    os.environ.update(order.pop("environment", {}))
    task, path = order.pop("task"), order.pop("path", None)
    if order.pop("lookup_hangs", False):
        socket.getaddrinfo = lambda *name, **how: time.sleep(60)
    if task == "codec":
        return {"codec": type(CodecManager(source=order.pop("source"), **order).codec(Z)).__name__}
    if task == "model":
        model = AION.from_pretrained(order.pop("source"), **order)
        with torch.no_grad():
            state = float(model.encode({"tok_z": torch.tensor([[3]])}).sum())
        return {
            "state": state,
            "sha256": model.sha256,
            "revision": model.source.revision if model.source else None,
        }
    source = hub.locate(order.pop("source"), **order)
    if task == "has":
        return {"has": source.has(path), "shown": repr(source)}
    return {"file": str(source.file(path)), "revision": source.revision}


def main() -> None:
    if "waiting" not in sys.argv:
        time.sleep = lambda seconds: None  # huggingface_hub waits a second before each new try
    constants.DOWNLOAD_CHUNK_SIZE = 256  # it resumes in whole chunks, of 10 MB otherwise
    torch.set_num_threads(1)
    for line in sys.stdin:
        start = time.monotonic()
        try:
            answer = obey(json.loads(line))
        except AIONError as exc:
            answer = {"error": type(exc).__name__, "message": str(exc)}
        print("answer", json.dumps({**answer, "seconds": time.monotonic() - start}), flush=True)


if __name__ == "__main__":
    main()
