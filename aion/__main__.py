"""The command line: ``aion analyze``, ``redshift``, ``embed``, ``generate``, ``batch``, ``catalog``,
``calibrate``, ``head``, ``compare``, ``fetch``, ``app``, ``inspect``, ``download``. The same engine, and so
the same numbers, as the pages.

Results go to standard output, everything else to standard error. Exit code 0: all is done; 1:
some files or objects are left out, each with its reason; 2: nothing is done, because the files,
options or weights cannot be used.
"""

import argparse
import sys
import warnings
from collections.abc import Sequence

from aion.commands import (
    analyze,
    batch,
    calibrate,
    compare,
    download,
    fetch,
    generate,
    heads,
    rows,
    serving,
)
from aion.commands.outcome import Outcome
from aion.errors import AIONError
from aion.explorer.settings import share_processors


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0 all is done, 1 some of it, 2 nothing."""
    options = _parser().parse_args(arguments)
    share_processors()
    warnings.filterwarnings("ignore", module="astropy|specutils")  # what matters of a file is in its report
    try:
        outcome: Outcome = options.run(options)
    except (AIONError, OSError) as exc:
        outcome = Outcome(0, [str(exc)])
    for failure in outcome.failures:
        print(f"aion: {failure}", file=sys.stderr)
    return 0 if not outcome.failures else 1 if outcome.count else 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="aion", description="Spectra, cut-outs and photometry -> redshift, neighbors, reconstruction."
    )
    commands = parser.add_subparsers(title="commands", required=True)
    for add in (
        analyze.add_analyze,
        rows.add_embed,
        rows.add_redshift,
        generate.add_generate,
        batch.add_batch,
        batch.add_catalog,
        calibrate.add_calibrate,
        heads.add_head,
        compare.add_compare,
        fetch.add_fetch,
        serving.add_applications,
        download.add_download,
    ):
        add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
