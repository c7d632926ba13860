"""`aion analyze`: everything about the objects of files, of the sky or of the reference catalog."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aion.commands import fetch
from aion.commands.files import add_files, read_files
from aion.commands.outcome import Outcome
from aion.commands.weights import add_recalibration, add_weights, start_engine
from aion.errors import AIONError, ConfigError, InputError

if TYPE_CHECKING:
    from aion.catalog import Catalog
    from aion.explorer.engine import Engine
    from aion.explorer.redshift.prior import Prior
    from aion.explorer.results import Analysis
    from aion.io import Overrides, SkyObject


def add_analyze(commands: Any) -> None:
    """The command, with its options."""
    analyze = commands.add_parser(
        "analyze",
        help="everything about the object(s) in the files; files of one object each belong together",
    )
    analyze.add_argument(
        "--json", action="store_true", help="print JSON: an object, or a list where the files hold several"
    )
    fetch.add_targets(analyze)
    analyze.add_argument(
        "--id",
        metavar="ID",
        help="only this object of the files; without files, this object of the reference catalog",
    )
    analyze.add_argument(
        "--use",
        metavar="KEYS",
        help="token keys that the model may read, such as tok_image,tok_spectrum_sdss (default: all)",
    )
    analyze.add_argument(
        "--prior",
        metavar="PRIOR",
        help="multiply p(z): log (flat in ln(1 + z)), or center and sigma of a Gaussian, as 0.3,0.05",
    )
    analyze.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="also write JSON, p(z), neighbors, decoded data and the embedding there",
    )
    add_files(analyze, may_be_none=True)
    add_recalibration(analyze)
    add_weights(analyze)
    analyze.set_defaults(run=analyze_files, wrong=analyze.error)


def analyze_files(options: argparse.Namespace) -> Outcome:
    from aion.explorer.export.analysis import file_stems, to_json
    from aion.explorer.export.words import describe_analysis
    from aion.explorer.redshift.prior import parse_prior
    from aion.io import Overrides

    if not (options.files or options.id or options.list or fetch.typed_target(options)):
        options.wrong("name files, a target (--at, --targetid, --name, --list) or an --id of the catalog")
    prior = parse_prior(options.prior) if options.prior else None
    overrides = Overrides.parse(options.set)
    given, problems = _given(options, overrides)
    engine = start_engine(options)
    objects = _choose(engine, given, options.id)
    analyzed, outcome = _analyze_all(engine, objects, _streams(engine, options.use), prior)
    outcome.failures += problems
    if options.json and analyzed:
        texts = [to_json(analysis, target.reports) for target, analysis in analyzed]
        print(texts[0] if len(objects) == 1 else f"[{','.join(texts)}]\n", end="")
    elif analyzed:
        print("\n\n".join(describe_analysis(analysis) for _, analysis in analyzed))
    if options.out and analyzed:
        stems = file_stems([analysis.id for _, analysis in analyzed])
        for stem, (target, analysis) in zip(stems, analyzed, strict=True):
            _write(options.out, stem, analysis, target, engine.catalog)
        print(f"aion: results of {outcome.count} object(s) are in {options.out}", file=sys.stderr)
    return outcome


def _given(options: argparse.Namespace, overrides: "Overrides") -> "tuple[list[SkyObject], list[str]]":
    """The objects of the files or of the sky, and a sentence for each target of a list that has none."""
    text = fetch.typed_target(options)
    if text is not None:
        return fetch.objects_at(text, overrides, strict=options.strict), []
    if options.list is None:
        files = options.files
        return (read_files(files, overrides, strict=options.strict) if files else []), []
    if options.out is None:
        options.wrong("--list needs --out: what is fetched is kept there, and is not fetched again")
    objects, outcome = [], Outcome()
    for target in fetch.fetch_listed(options.list, options.out / "targets"):
        try:
            objects += target.objects(overrides, strict=options.strict)
        except AIONError as exc:
            outcome.leave_out(target.target.id, exc)
    return objects, outcome.failures


def _analyze_all(
    engine: "Engine", objects: "list[SkyObject]", use: list[str] | None, prior: "Prior | None"
) -> "tuple[list[tuple[SkyObject, Analysis]], Outcome]":
    """Each object that can be used with its analysis."""
    from aion.explorer.redshift.prior import with_prior

    outcome = Outcome()
    analyzed: list[tuple[SkyObject, Analysis]] = []
    for target, answer in zip(objects, engine.batch(objects, use=use), strict=True):
        try:
            if isinstance(answer, AIONError):
                raise answer
            analyzed.append((target, with_prior(answer, prior)))
            outcome.count += 1
        except AIONError as exc:
            outcome.leave_out(target.id, exc)
    return analyzed, outcome


def _streams(engine: "Engine", use: str | None) -> list[str] | None:
    """What the model may read of what these weights can; raises ConfigError for a name of none."""
    if not use:
        return None
    streams, known = use.split(","), [key for key in engine.info.reads if key != "tok_z"]
    unknown = [key for key in streams if key not in known]
    if unknown:
        raise ConfigError(
            f"--use: {', '.join(unknown)} is nothing that these weights read; they read {', '.join(known)}"
        )
    return streams


def _choose(engine: "Engine", objects: "list[SkyObject]", id: str | None) -> "list[SkyObject]":
    """All objects of the files, or the one that was asked for, of the files or of the catalog."""
    if id is None:
        return objects
    if objects:
        found = [target for target in objects if target.id == id]
        if not found:
            ids = ", ".join(target.id for target in objects[:10])
            raise InputError(f"the files hold no object {id!r}; they hold {ids}")
        return found
    if engine.catalog is None:
        raise InputError(f"there is no reference catalog for these weights, so no object {id!r}")
    return [engine.catalog.entry(id)]


def _write(
    folder: Path, stem: str, analysis: "Analysis", target: "SkyObject", catalog: "Catalog | None"
) -> None:
    from aion.explorer.export.analysis import result_files

    folder.mkdir(parents=True, exist_ok=True)
    is_real = catalog is not None and not catalog.manifest.simulated and not target.tokens
    around = (target.ra, target.dec) if is_real and target.ra is not None and target.dec is not None else None
    for ending, content in result_files(analysis, target.reports, catalog, around).items():
        (folder / f"{stem}{'-' if '.' in ending else '.'}{ending}").write_bytes(content)
