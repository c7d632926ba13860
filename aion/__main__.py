"""The command line: ``aion analyze``, ``redshift``, ``embed``, ``generate``, ``batch``, ``catalog``,
``calibrate``, ``head``, ``fetch``, ``app``, ``inspect``, ``download``. The same engine, and so the same
numbers, as the pages.

Results go to standard output, everything else to standard error. Exit code 0: all is done; 1:
some files or objects are left out, each with its reason; 2: nothing is done, because the files,
options or weights cannot be used.
"""

import argparse
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from aion.commands import batch, calibrate, fetch, generate, heads, rows, serving
from aion.commands.files import read_files
from aion.commands.outcome import Outcome
from aion.errors import AIONError, ConfigError, InputError
from aion.explorer.settings import share_processors

if TYPE_CHECKING:
    from aion.catalog import Catalog
    from aion.explorer.engine import Engine
    from aion.explorer.redshift.prior import Prior
    from aion.explorer.results import Analysis
    from aion.io import Overrides, SkyObject


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
    analyze.set_defaults(run=_analyze, wrong=analyze.error)

    embed = commands.add_parser("embed", help="one unit vector per object; every file is taken by itself")
    rows.add_embed(embed)
    embed.set_defaults(run=_rows, make=rows.embed_files)

    redshift = commands.add_parser(
        "redshift", help="one row per object: p(z) in numbers, and the exact redshift of its lines"
    )
    rows.add_redshift(redshift)
    redshift.set_defaults(run=_rows, make=rows.measure_files)

    generating = commands.add_parser(
        "generate", help="what an object lacks, drawn by the model: a spectrum, an image, numbers"
    )
    generate.add_generate(generating)
    generating.set_defaults(run=_generate)

    many = commands.add_parser("batch", help="a catalog of any number of objects, with vectors and redshifts")
    batch.add_batch(many)
    many.set_defaults(run=_batch, make=batch.make_catalog)

    catalog = commands.add_parser(
        "catalog", help="what is in the folder of a catalog, and whether it is whole"
    )
    batch.add_catalog(catalog)
    catalog.set_defaults(run=_catalog)

    calibrating = commands.add_parser("calibrate", help="p(z) against true redshifts, and what corrects it")
    calibrate.add_calibrate(calibrating)
    calibrating.set_defaults(run=_calibrate)

    heading = commands.add_parser("head", help="learn a column of your own from embeddings, and apply it")
    heads.add_head(heading)
    heading.set_defaults(run=_head)

    fetching = commands.add_parser("fetch", help="files of a place on the sky, from public archives")
    fetch.add_fetch(fetching)
    fetching.set_defaults(run=_fetch, wrong=fetching.error)

    applications = serving.add_applications(commands, _app)

    _add_download(
        commands.add_parser(
            "download",
            help="download published weights into the cache of Hugging Face, or what of them is missing",
        )
    )

    for command, count in ((analyze, "*"), (embed, "+"), (redshift, "+"), (generating, "+"), (many, "*")):
        command.add_argument(
            "files",
            nargs=count,
            metavar="FILE",
            help="FITS, ECSV, CSV, VOTable, HDF5, Parquet or npz; any name",
        )
        command.add_argument(
            "--set",
            action="append",
            default=[],
            metavar="NAME=VALUE",
            help="in place of what is detected, such as medium=air",
        )
        command.add_argument(
            "--strict",
            action="store_true",
            help="refuse files of which anything, such as the medium, would have to be assumed",
        )
    for command in (analyze, redshift, many, calibrating, *applications):
        command.add_argument(
            "--recalibration",
            metavar="FILE",
            help="what corrects p(z): a file of these weights, or no for p(z) as the model gives it "
            "(default: AION_RECALIBRATION, else the file beside the weights)",
        )
    for command in (analyze, embed, redshift, generating, many, calibrating, *applications):
        command.add_argument(
            "--model",
            metavar="ID",
            help="folder or Hub id of the weights (default: AION_MODEL, else the embedded model)",
        )
    return parser


def _add_download(download: argparse.ArgumentParser) -> None:
    download.add_argument("id", metavar="ID", help="Hub id, such as polymathic-ai/aion-base")
    download.add_argument("--revision", metavar="R", help="commit, branch or tag (default: the newest)")
    download.set_defaults(run=_download)


def _analyze(options: argparse.Namespace) -> Outcome:
    from aion.explorer.export.analysis import file_stems, to_json
    from aion.explorer.export.words import describe_analysis
    from aion.explorer.redshift.prior import parse_prior
    from aion.io import Overrides

    if not (options.files or options.id or options.list or fetch.typed_target(options)):
        options.wrong("name files, a target (--at, --targetid, --name, --list) or an --id of the catalog")
    prior = parse_prior(options.prior) if options.prior else None
    overrides = Overrides.parse(options.set)
    given, problems = _given(options, overrides)
    engine = _engine(options.model, options.recalibration)
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


def _fetch(options: argparse.Namespace) -> Outcome:
    if not (options.targets or options.list):
        options.wrong('name a target, such as "10:00:24.5 +02:12:21", or a list of them with --list')
    outcome = Outcome()
    for text in options.targets:
        try:
            for path in fetch.fetch_one(text, options.out, options.kinds, options.record):
                print(path)
            outcome.count += 1
        except AIONError as exc:
            outcome.leave_out(text, exc)
    listed = (options.list, options.out, options.kinds, options.record)
    for target in fetch.fetch_listed(*listed) if options.list else ():
        for path in target.files:
            print(path)
        outcome.count += bool(target.files)
        outcome.failures += [] if target.files else [f"{target.target.id}: {'; '.join(target.missing)}"]
    return outcome


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


def _rows(options: argparse.Namespace) -> Outcome:
    made: Outcome = options.make(
        options, lambda: _engine(options.model, getattr(options, "recalibration", None))
    )
    return made


def _generate(options: argparse.Namespace) -> Outcome:
    from aion.explorer.export.analysis import file_stems
    from aion.io import Overrides

    request, outcome = generate.generation_request(options), Outcome()
    objects = read_files(options.files, Overrides.parse(options.set), strict=options.strict)
    engine = _engine(options.model)
    for stem, target in zip(file_stems([one.id for one in objects]), objects, strict=True):
        try:
            files, about = generate.draw_files(engine, target, request, stem)
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


def _batch(options: argparse.Namespace) -> Outcome:
    result = options.make(options, lambda: _engine(options.model, options.recalibration))
    print(f"aion: {batch.summary(result, options.out)}", file=sys.stderr)
    left_out = [f"{one.id or one.source}: {one.why}" for one in result.failures]
    return Outcome(result.rows, left_out)


def _catalog(options: argparse.Namespace) -> Outcome:
    if options.action == "build":
        return _batch(options)
    return Outcome(1, batch.do_with_catalogs(options))


def _calibrate(options: argparse.Namespace) -> Outcome:
    return Outcome(calibrate.calibrate_files(options, lambda: _engine(options.model, options.recalibration)))


def _head(options: argparse.Namespace) -> Outcome:
    return heads.train_or_apply(options, lambda: _engine(options.model))


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


def _app(options: argparse.Namespace) -> Outcome:
    queue, unread = serving.kept_queue(options)
    for why in unread:
        print(f"aion: {why}", file=sys.stderr)
    serving.serve(options, queue)
    return Outcome()


def _download(options: argparse.Namespace) -> Outcome:
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


def _engine(model: str | None, recalibration: str | None = None) -> "Engine":
    from aion.explorer.engine import Engine
    from aion.explorer.settings import Settings, environment_with

    return Engine(Settings.from_environment(environment_with(model, recalibration)))


def _write(
    folder: Path, stem: str, analysis: "Analysis", target: "SkyObject", catalog: "Catalog | None"
) -> None:
    from aion.explorer.export.analysis import result_files

    folder.mkdir(parents=True, exist_ok=True)
    is_real = catalog is not None and not catalog.manifest.simulated and not target.tokens
    around = (target.ra, target.dec) if is_real and target.ra is not None and target.dec is not None else None
    for ending, content in result_files(analysis, target.reports, catalog, around).items():
        (folder / f"{stem}{'-' if '.' in ending else '.'}{ending}").write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
