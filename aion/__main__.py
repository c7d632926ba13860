"""The command line: ``aion analyze``, ``embed``, ``app`` and ``fetch``. The same engine, and so the same numbers, as the pages.

Results go to standard output, everything else to standard error. Exit code 2: the files, options or weights cannot be used.
"""

import argparse
import contextlib
import re
import subprocess
import sys
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from aion.errors import AIONError, InputError

if TYPE_CHECKING:
    from aion.catalog import Catalog
    from aion.explorer.engine import Engine
    from aion.explorer.results import Analysis
    from aion.io import Overrides, SkyObject


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0 done, 2 the input or the weights cannot be used."""
    options = _parser().parse_args(arguments)
    warnings.filterwarnings("ignore", module="astropy|specutils")  # what matters of a file is in its report
    try:
        options.run(options)
    except (AIONError, OSError) as exc:
        print(f"aion: {exc}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="aion", description="Spectra, cut-outs and photometry -> redshift, neighbors, reconstruction.")
    commands = parser.add_subparsers(title="commands", required=True)

    analyze = commands.add_parser("analyze", help="everything about the object(s) in the files; files of one object each belong together")
    analyze.add_argument("--json", action="store_true", help="print JSON: an object, or a list where the files hold several")
    analyze.add_argument("--id", metavar="ID", help="only this object of the files; without files, this object of the reference catalog")
    analyze.add_argument(
        "--use", metavar="KEYS", help="token keys that the model may read, such as tok_image,tok_spectrum_sdss (default: all)"
    )
    analyze.add_argument(
        "--prior", metavar="PRIOR", help="multiply p(z): log (flat in ln(1 + z)), or center and sigma of a Gaussian, as 0.3,0.05"
    )
    analyze.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="in place of what is detected, such as medium=air"
    )
    analyze.add_argument("--out", type=Path, metavar="DIR", help="also write JSON, p(z), neighbors, decoded data and the embedding there")
    analyze.set_defaults(run=_analyze, wrong=analyze.error)

    embed = commands.add_parser("embed", help="one unit vector per object; every file is taken by itself")
    embed.add_argument("--out", type=Path, metavar="FILE", required=True, help="Parquet file to write: id, embedding")
    embed.set_defaults(run=_embed)

    app = commands.add_parser("app", help="the explorer in the browser")
    app.add_argument("--port", type=int, metavar="N", help="where it answers (default: the first free one from 8501)")
    app.set_defaults(run=_app)

    _add_fetch(commands.add_parser("fetch", help="download published weights into the cache of Hugging Face, or what of them is missing"))

    for command, count in ((analyze, "*"), (embed, "+")):
        command.add_argument("files", nargs=count, metavar="FILE", help="FITS, ECSV, CSV, VOTable, HDF5, Parquet or npz; any name")
    for command in (analyze, embed, app):
        command.add_argument("--model", metavar="ID", help="folder or Hub id of the weights (default: AION_MODEL, else the embedded model)")
    return parser


def _add_fetch(fetch: argparse.ArgumentParser) -> None:
    fetch.add_argument("id", metavar="ID", help="Hub id, such as polymathic-ai/aion-base")
    fetch.add_argument("--revision", metavar="R", help="commit, branch or tag (default: the newest)")
    fetch.set_defaults(run=_fetch)


def _analyze(options: argparse.Namespace) -> None:
    from aion.explorer.export.analysis import to_json
    from aion.explorer.redshift.prior import parse_prior, with_prior

    if not options.files and options.id is None:
        options.wrong("name files, or with --id an object of the reference catalog")
    prior = parse_prior(options.prior) if options.prior else None
    from aion.io import Overrides

    files = _read(options.files, Overrides.parse(options.set)) if options.files else []
    engine = _engine(options.model)
    objects = _chosen(engine, files, options.id)
    use = options.use.split(",") if options.use else None
    analyses = [with_prior(analysis, prior) for analysis in engine.batch(objects, use=use)]
    if options.json:
        texts = [to_json(analysis, thing.reports) for analysis, thing in zip(analyses, objects, strict=True)]
        print(texts[0] if len(texts) == 1 else f"[{','.join(texts)}]", end="" if len(texts) == 1 else "\n")
    else:
        print("\n\n".join(_in_words(analysis) for analysis in analyses))
    if options.out:
        for analysis, thing in zip(analyses, objects, strict=True):
            _write(options.out, analysis, thing, engine.catalog)
        print(f"aion: results of {len(analyses)} object(s) are in {options.out}", file=sys.stderr)


def _embed(options: argparse.Namespace) -> None:
    from aion.explorer.export.analysis import embeddings_parquet

    objects = [thing for file in options.files for thing in _read([file])]
    engine = _engine(options.model)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_bytes(embeddings_parquet([thing.id for thing in objects], engine.embed(objects), engine.info))
    print(f"aion: {len(objects)} embedding(s) are in {options.out}", file=sys.stderr)


def _app(options: argparse.Namespace) -> None:
    from aion.explorer.settings import environment_with
    from aion.resources import resource

    command = [sys.executable, "-m", "streamlit", "run", str(resource("app.py"))]
    command += [f"--server.port={options.port}"] if options.port is not None else []
    with contextlib.suppress(KeyboardInterrupt):  # Streamlit says goodbye itself
        subprocess.run(command, env=environment_with(options.model), check=True)


def _fetch(options: argparse.Namespace) -> None:
    from aion import download

    try:
        source = download.fetch(options.id, revision=options.revision)
    except KeyboardInterrupt:
        raise InputError("stopped; files that arrived whole are kept, and the same command goes on with the others") from None
    if source.is_folder:
        raise InputError(f"{options.id} is a folder on this computer; there is nothing to download")
    print(f"aion: {source.id} at {source.revision} is in {download.cache_folder()}", file=sys.stderr)


def _chosen(engine: "Engine", objects: "list[SkyObject]", id: str | None) -> "list[SkyObject]":
    """All objects of the files, or the one that was asked for, of the files or of the catalog."""
    if id is None:
        return objects
    if objects:
        found = [thing for thing in objects if thing.id == id]
        if not found:
            raise InputError(f"the files hold no object {id!r}; they hold {', '.join(thing.id for thing in objects[:10])}")
        return found
    if engine.catalog is None:
        raise InputError(f"there is no reference catalog for these weights, so no object {id!r}")
    return [engine.catalog.entry(id)]


def _read(files: Sequence[str], overrides: "Overrides | None" = None) -> "list[SkyObject]":
    from aion.io import read

    for file in files:
        if not Path(file).is_file():
            raise InputError(f"there is no file {file}")
    names = ", ".join(files)
    try:
        objects = read([Path(file) for file in files], overrides=overrides)
    except InputError as exc:
        raise InputError(f"{names}: {exc}") from exc
    if not objects:
        raise InputError(f"no object was found in {names}")
    return objects


def _engine(model: str | None) -> "Engine":
    from aion.explorer.engine import Engine
    from aion.explorer.settings import Settings

    settings = Settings.from_environment()
    return Engine(replace(settings, model=model) if model else settings)


def _in_words(analysis: "Analysis") -> str:
    lines = [analysis.id, f"  {analysis.redshift.summary()}"]
    if analysis.z_reference is not None:
        lines.append(f"  The file says z = {analysis.z_reference:.5f}; the model did not see it.")
    lines += [f"  p(z) is multiplied by {analysis.prior}."] if analysis.prior else []
    lines.append(f"  Read: {', '.join(analysis.used)}.")
    lines += [f"  Not read: {key} ({reason})." for key, reason in analysis.ignored.items()]
    if analysis.neighbors:
        nearest = ", ".join(f"{found.id} ({found.kind}, similarity {found.similarity:.3f})" for found in analysis.neighbors[:3])
        lines.append(f"  Most similar: {nearest}.")
    lines += [f"  Note: {note}" for note in analysis.notes]
    lines.append(f"  Weights: {analysis.model.title}." + (f" {analysis.model.notice}" if analysis.model.notice else ""))
    return "\n".join(lines)


def _write(folder: Path, analysis: "Analysis", thing: "SkyObject", catalog: "Catalog | None") -> None:
    from aion.explorer.export import tables
    from aion.explorer.export.analysis import decoded_fits, embeddings_npy, pdf_csv, pdf_ecsv, pdf_hdf5, to_json

    folder.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^\w.+-]+", "_", analysis.id) or "object"
    files = {
        f"{stem}.json": to_json(analysis, thing.reports).encode(),
        f"{stem}-pz.csv": pdf_csv(analysis),
        f"{stem}-pz.ecsv": pdf_ecsv(analysis),
        f"{stem}-pz.hdf5": pdf_hdf5(analysis),
        f"{stem}-decoded.fits": decoded_fits(analysis),
        f"{stem}-embedding.npy": embeddings_npy([analysis.embedding]),
    }
    if catalog is not None:
        files |= {f"{stem}-neighbors.{ending}": tables.neighbors_file(catalog, analysis, ending) for ending in ("csv", "ecsv")}
    for name, content in files.items():
        (folder / name).write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
