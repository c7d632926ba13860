"""The command ``aion compare``: two session bundles of the same files, by two weights or two settings."""

import argparse
import json
from pathlib import Path
from typing import Any

from aion.commands.outcome import Outcome


def add_compare(commands: Any) -> None:
    """The command, with its options."""
    comparing = commands.add_parser(
        "compare", help="two session bundles of the same files: p(z), decoded data, neighbors"
    )
    comparing.add_argument(
        "bundles",
        nargs=2,
        type=Path,
        metavar="BUNDLE",
        help="zip that the Analyze page gives under Download",
    )
    comparing.add_argument("--json", action="store_true", help="print JSON")
    comparing.set_defaults(run=compare_bundles)


def compare_bundles(options: argparse.Namespace) -> Outcome:
    """Prints how far both results agree; no weights are loaded."""
    from aion.explorer.export.bundle_reading import read_bundle
    from aion.explorer.export.comparison import (
        comparison_dict,
        comparison_sentences,
        decoded_rows,
        result_rows,
    )
    from aion.explorer.results.comparison import compare_results

    first, second = (read_bundle(path, path.name) for path in options.bundles)
    comparison = compare_results(first, second)
    if options.json:
        print(json.dumps(comparison_dict(comparison), indent=2, ensure_ascii=False, allow_nan=False))
        return Outcome(1)
    print(f"{first.id}\n  first: {first.title}\n  second: {second.title}")
    print("\n".join(f"  {sentence}" for sentence in comparison_sentences(comparison)))
    rows = [*result_rows(comparison), *decoded_rows(comparison)]
    width = max(len(name) for name, *_ in rows)
    for name, one, other in rows:
        print(f"  {name:<{width}}  {one}  |  {other}")
    return Outcome(1)
