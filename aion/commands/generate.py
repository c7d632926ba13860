"""`aion generate`: a spectrum, an image or numbers that an object lacks, drawn by the model. The same samples
as on the Analyze page."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aion.explorer.engine import Engine
    from aion.explorer.engine.generation_passes import GenerationRequest
    from aion.io import SkyObject


def add_generate(parser: argparse.ArgumentParser) -> None:
    """The options of ``aion generate``."""
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
