"""The commands ``aion app`` and ``aion inspect``: the explorer in the browser, at its entrance or a queue."""

import argparse
import contextlib
import subprocess
import sys
from pathlib import Path
from typing import Any

from aion.commands.outcome import Outcome
from aion.commands.weights import add_recalibration, add_weights


def add_applications(commands: Any) -> None:
    """Both commands, with their options."""
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
        add_recalibration(command)
        add_weights(command)
        command.set_defaults(run=open_application)


def open_application(options: argparse.Namespace) -> Outcome:
    """The application, until it is interrupted."""
    queue, unread = kept_queue(options)
    for why in unread:
        print(f"aion: {why}", file=sys.stderr)
    serve(options, queue)
    return Outcome()


def kept_queue(options: argparse.Namespace) -> tuple[str | None, list[str]]:
    """Id of the queue of what is given, which is kept for the application to find, and what of it cannot be
    read; None where nothing is given.

    Raises:
        AIONError: there is nothing to inspect.
    """
    given: list[Path] = getattr(options, "given", [])
    if not given:
        return None, []
    from aion.explorer.redshift.inspection.opening import queue_of_paths
    from aion.explorer.redshift.inspection.queues import why_unread
    from aion.explorer.redshift.inspection.store import InspectionStore
    from aion.explorer.settings import Settings

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
