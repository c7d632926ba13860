"""The commands ``aion app`` and ``aion inspect``: the explorer in the browser, at its entrance or a queue."""

import argparse
import contextlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any


def add_applications(
    commands: Any, run: Callable[[argparse.Namespace], Any]
) -> list[argparse.ArgumentParser]:
    """Both commands, with their options but for those that other commands have as well."""
    app = commands.add_parser("app", help="the explorer in the browser")
    inspect = commands.add_parser("inspect", help="the explorer, opened at a queue of spectra to inspect")
    inspect.add_argument(
        "given",
        nargs="+",
        type=Path,
        metavar="TABLE",
        help="files of spectra, a folder of them, the folder of a catalog, or a table that names files "
        "(column file) or objects of the reference catalog (column id)",
    )
    for command in (app, inspect):
        command.add_argument(
            "--port", type=int, metavar="N", help="where it answers (default: the first free one from 8501)"
        )
        command.set_defaults(run=run)
    return [app, inspect]


def kept_queue(options: argparse.Namespace) -> tuple[str | None, list[str]]:
    """Id of the queue of what is given, which is kept for the application to find, and what of it cannot be
    read; None where nothing is given.

    Raises:
        AIONError: there is nothing to inspect.
    """
    given: list[Path] = getattr(options, "given", [])
    if not given:
        return None, []
    from aion.explorer.settings import Settings
    from aion.inspection.opening import queue_of_paths
    from aion.inspection.queues import why_unread
    from aion.inspection.store import InspectionStore

    settings = Settings.from_environment()
    queue, unread = queue_of_paths(given, settings.catalog)
    InspectionStore(settings.inspection).add(queue)
    return queue.id, list(map(why_unread, unread))


def serve(options: argparse.Namespace, queue: str | None) -> None:
    """The application, opened at a queue where there is one, until it is interrupted."""
    from aion.explorer.settings import environment_with
    from aion.resources import resource

    command = [sys.executable, "-m", "streamlit", "run", str(resource("app.py"))]
    command += [f"--server.port={options.port}"] if options.port is not None else []
    environment = environment_with(options.model, options.recalibration, queue)
    with contextlib.suppress(KeyboardInterrupt):  # Streamlit says goodbye itself
        subprocess.run(command, env=environment, check=True)
