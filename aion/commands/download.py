"""`aion download`: published weights into the cache of Hugging Face's client."""

import argparse
import sys
from typing import Any

from aion.commands.outcome import Outcome
from aion.errors import InputError


def add_download(commands: Any) -> None:
    """The command, with its options."""
    download = commands.add_parser(
        "download",
        help="download published weights into the cache of Hugging Face, or what of them is missing",
    )
    download.add_argument("id", metavar="ID", help="Hub id, such as polymathic-ai/aion-base")
    download.add_argument("--revision", metavar="R", help="commit, branch or tag (default: the newest)")
    download.set_defaults(run=fetch_weights)


def fetch_weights(options: argparse.Namespace) -> Outcome:
    """What of them is missing."""
    from aion import download

    try:
        source = download.fetch(options.id, revision=options.revision)
    except KeyboardInterrupt:
        raise InputError(
            "stopped; files that arrived whole are kept, and the same command goes on with the others"
        ) from None
    if source.is_folder:
        raise InputError(f"{options.id} is a folder on this computer; there is nothing to download")
    print(f"aion: {source.id} at {source.revision} is in {download.cache_folder()}", file=sys.stderr)
    return Outcome()
