"""`python -m aion.training STAGE`: make the embedded model,
its catalog and its examples from nothing, or measure it.

Stages in order: simulate, codecs, tokenize, model, evaluate; then catalog (with the examples). `all` runs
everything; each goes on where it stopped. `recalibrate` fits what corrects p(z) of shipped weights, `level`
how sure of the level of a spectrum they may be, `heads` measures what is learned of the catalog's truths,
`distributions` draws what the simulated survey contains.
"""

import argparse
import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch

from aion.catalog import Catalog
from aion.errors import AIONError, ConfigError
from aion.generate import GENERATION
from aion.recalibration import RECALIBRATION
from aion.training import (
    card,
    catalog,
    distributions,
    evaluate,
    examples,
    heads,
    level,
    real,
    recalibrate,
    stages,
)
from aion.training.config import EmbeddedConfig, smoke_config
from aion.training.evaluate import Weights

ROOT = Path(__file__).resolve().parents[2]
CONFIGS = {"embedded": EmbeddedConfig, "smoke": smoke_config}
REAL = "real"
"""The part of the evaluation that is no simulation."""
STAGES = ("simulate", "codecs", "tokenize", "model", "evaluate", "catalog")


def main(arguments: list[str] | None = None) -> int:
    """Run the stages asked for; 2 when something that a person can mend is wrong."""
    options = _parser().parse_args(arguments)
    run = stages.Run(CONFIGS[options.config](), options.run, options.cache, _device(), options.start)
    wanted = STAGES if options.stage == "all" else (options.stage,)
    try:
        for stage in wanted:
            print(f"— {stage} ({run.device})")
            _STAGES[stage](run, options)
    except AIONError as exc:
        print(f"error: {exc}")
        return 2
    return 0


def _evaluate(run: stages.Run, options: argparse.Namespace) -> None:
    """Measure the shipped weights, after taking over freshly trained ones."""
    folder: Path = options.model
    if options.stage == "all":
        (folder / card.HISTORY).unlink(missing_ok=True)
        shutil.copytree(run.export, folder, dirs_exist_ok=True)
    weights = Weights.load(folder)
    parts = options.only or [REAL, *evaluate.PARTS]
    if options.only and REAL in parts and options.real is None:
        raise ConfigError("the real spectra come from a folder with INDEX.csv; name it with --real FOLDER")
    found: evaluate.Report = {}
    if options.real is not None and REAL in parts:
        z_max, spectra = float(weights.buckets[-1]), real.load(options.real)
        for part, chosen in real.parts(spectra, reserved=options.reserved).items():
            found |= real.evaluate(weights.of_spectrum, weights.round_trip, chosen, z_max, part=part)
    for part in (part for part in evaluate.PARTS if part in parts):
        found |= evaluate.PARTS[part](weights, run.survey(), run.config)
    about = {
        "weights": str(weights.model.sha256),
        "seed": run.config.seed,
        "held-out objects": run.config.held_out,
    }
    report = evaluate.document(found, about, evaluate.read(folder))
    print(evaluate.to_markdown(report))
    print("p(z) is measured as the model gives it, without recalibration.")
    evaluate.write(report, folder)
    card.write(folder, run.config, report)


def _catalog(run: stages.Run, options: argparse.Namespace) -> None:
    """The reference catalog and the examples, with the shipped weights."""
    survey = run.survey()
    weights = Weights.load(options.model)
    catalog.build(weights, survey, run.config, options.assets / "catalog")
    examples.build(weights, survey, run.config, options.assets / "examples")


def _recalibrate(run: stages.Run, options: argparse.Namespace) -> None:
    """What corrects p(z) of the shipped weights, into their folder."""
    weights = Weights.load(options.model)
    sha256 = str(weights.model.sha256)
    folder = run.folder / f"recalibration-{sha256[:12]}"
    read = partial(recalibrate.read_batch, weights, run.survey(), run.config)
    batches = recalibrate.gather(folder, recalibrate.BATCHES, read)
    found = recalibrate.fit(batches, sha256)
    print(evaluate.markdown_table(recalibrate.table(found)))
    (options.model / RECALIBRATION).write_text(found.to_json(), encoding="utf-8")


def _level(run: stages.Run, options: argparse.Namespace) -> None:
    """How sure of the level of a spectrum the shipped weights may be, into their folder."""
    weights, path = Weights.load(options.model), options.model / GENERATION
    sha256 = str(weights.model.sha256)
    draw = partial(level.draw_batch, weights, run.survey(), run.config)
    batches = recalibrate.gather(run.folder / f"level-{sha256[:12]}", level.BATCHES, draw)
    print(evaluate.markdown_table(level.table(batches)))
    known = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    text = json.dumps(level.document(known, sha256, level.fit(batches)), indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def _heads(run: stages.Run, options: argparse.Namespace) -> None:
    """What heads learn of the truths of the reference catalog's objects, from their spectra."""
    found = Catalog.load(options.assets / "catalog")
    for table in heads.measure_heads(found, heads.draw_truths(found, run.survey(), run.config)):
        print(evaluate.markdown_table(table))


_STAGES: dict[str, Callable[[stages.Run, argparse.Namespace], None]] = {
    "simulate": lambda run, options: stages.simulate(run),
    "codecs": lambda run, options: stages.codecs(run),
    "tokenize": lambda run, options: stages.tokens(run),
    "model": lambda run, options: stages.model(run),
    "evaluate": _evaluate,
    "catalog": _catalog,
    "recalibrate": _recalibrate,
    "level": _level,
    "heads": _heads,
    "distributions": lambda run, options: distributions.write(run.survey(), options.out, run.config.seed),
}


def _device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="python -m aion.training", description=__doc__, formatter_class=raw)
    parser.add_argument("stage", choices=[*_STAGES, "all"])
    parser.add_argument(
        "--config",
        choices=list(CONFIGS),
        default="embedded",
        help="smoke: the same path in seconds, for tests",
    )
    parser.add_argument(
        "--run", type=Path, default=ROOT / "runs" / "embedded", help="work folder of checkpoints and tokens"
    )
    parser.add_argument("--cache", type=Path, default=ROOT / ".cache", help="where the ingredients are kept")
    parser.add_argument("--assets", type=Path, default=ROOT / "assets")
    weights = ROOT / "assets" / "models" / "aion-sim"
    parser.add_argument(
        "--start",
        type=Path,
        default=None,
        help="weights to go on from: only their image codec is trained from nothing",
    )
    parser.add_argument("--model", type=Path, default=weights, help="weights to measure and to index with")
    parser.add_argument(
        "--real", type=Path, default=None, help="folder of real spectra with INDEX.csv, for evaluation only"
    )
    parser.add_argument(
        "--reserved",
        action="store_true",
        help="read the reserved half of the real spectra too: for a last report only",
    )
    parser.add_argument(
        "--out", type=Path, default=ROOT / "docs" / "images", help="where distributions puts its pictures"
    )
    parser.add_argument(
        "--only",
        nargs="+",
        choices=[REAL, *evaluate.PARTS],
        default=[],
        help="parts of the evaluation to measure anew; the numbers of the others stay as they are",
    )
    return parser


if __name__ == "__main__":
    raise SystemExit(main())
