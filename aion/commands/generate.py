"""`aion generate`: a spectrum, an image or numbers that an object lacks, drawn by the model. The same samples
as on the Analyze page."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aion.commands.files import add_files, read_files
from aion.commands.outcome import Outcome
from aion.commands.weights import add_weights, start_engine
from aion.errors import AIONError

if TYPE_CHECKING:
    from aion.explorer.engine import Engine
    from aion.explorer.engine.generation_passes import GenerationRequest
    from aion.io import SkyObject


def add_generate(commands: Any) -> None:
    """The command, with its options."""
    parser = commands.add_parser(
        "generate", help="what an object lacks, drawn by the model: a spectrum, an image, numbers"
    )
    parser.add_argument(
        "--target",
        metavar="WHAT",
        required=True,
        help="spectrum_desi, spectrum_sdss, image, image_hsc, photometry, photometry_hsc, or one number, "
        "such as flux_g; what the files hold of it is withheld and compared",
    )
    parser.add_argument("--samples", type=int, metavar="N", default=16, help="how many (default: 16)")
    parser.add_argument(
        "--method",
        choices=("maskgit", "sample", "argmax"),
        default="maskgit",
        help="maskgit draws tokens in steps that see one another, sample each for itself, argmax the most "
        "probable (default: maskgit)",
    )
    parser.add_argument("--seed", type=int, metavar="N", default=0, help="of the draws (default: 0)")
    parser.add_argument(
        "--temperature",
        type=float,
        metavar="T",
        default=1.0,
        help="of the draws (default: 1)",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", required=True, help="folder to write the files to")
    add_files(parser)
    add_weights(parser)
    parser.set_defaults(run=generate_for_files)


def generate_for_files(options: argparse.Namespace) -> Outcome:
    """Files of the samples of each object."""
    from aion.explorer.export.analysis import file_stems
    from aion.io import Overrides

    request, outcome = generation_request(options), Outcome()
    objects = read_files(options.files, Overrides.parse(options.set), strict=options.strict)
    engine = start_engine(options)
    for stem, target in zip(file_stems([one.id for one in objects]), objects, strict=True):
        try:
            files, about = draw_files(engine, target, request, stem)
        except AIONError as exc:
            outcome.leave_out(target.id, exc)
            continue
        options.out.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (options.out / name).write_bytes(content)
            print(options.out / name)
        print(f"aion: {target.id}: {about}", file=sys.stderr)
        outcome.count += 1
    return outcome


def generation_request(options: argparse.Namespace) -> "GenerationRequest":
    """Raises InputError: an impossible value."""
    from aion.explorer.engine.generation_passes import GenerationRequest

    return GenerationRequest.of(
        options.target, options.samples, options.method, seed=options.seed, temperature=options.temperature
    )


def draw_files(
    engine: "Engine", target: "SkyObject", request: "GenerationRequest", stem: str
) -> tuple[dict[str, bytes], str]:
    """Files of the samples of one object, whose names begin with ``stem``, and a line on them for people.

    Raises:
        AIONError: as `aion.explorer.engine.generation.draw_samples`.
    """
    from aion.explorer.engine.generation import draw_samples
    from aion.explorer.export.generation import generated_files
    from aion.explorer.results.generated import mark

    generated = draw_samples(engine, target, request)
    agreement = generated.agreement
    compared = f"; {agreement.sentence(generated.samples)}" if agreement is not None else ""
    return generated_files(generated, target.reports, stem=stem), mark(generated) + compared
