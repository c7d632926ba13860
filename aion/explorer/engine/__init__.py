"""The engine behind the pages and the command line, and its parts: networks (one device), queue (one thread),
reconstruction (results)."""

from aion.explorer.engine.engine import Engine

__all__ = ["Engine"]
