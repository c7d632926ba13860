"""The command ``aion calibrate``: p(z) of a catalog, a file or any input of ``aion batch`` against true
redshifts -> numbers by groups, a report, and a recalibration file."""

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aion.commands.outcome import Outcome
from aion.commands.temporary_catalog import temporary_catalog
from aion.commands.weights import add_recalibration, add_weights, start_engine
from aion.errors import ConfigError

if TYPE_CHECKING:
    from aion.explorer.engine import Engine
    from aion.explorer.redshift.calibration import Fitted, Measurement, Sample

ENDINGS = ("html", "json", "csv")
METHODS = {"temperature": "temperature", "pit": "PIT"}


def add_calibrate(commands: Any) -> None:
    """The command, with its options."""
    calibrate = commands.add_parser("calibrate", help="p(z) against true redshifts, and what corrects it")
    calibrate.add_argument(
        "files",
        nargs="+",
        metavar="TABLE",
        help="folder of a catalog made with aion batch --p-z, an HDF5 file that qp reads, or any input of "
        "aion batch, which the model then reads",
    )
    calibrate.add_argument(
        "--truth", metavar="COLUMN", required=True, help="column of true redshifts, such as z_spec"
    )
    calibrate.add_argument(
        "--truths",
        type=Path,
        metavar="FILE",
        help="another table (Parquet, CSV, FITS …) with that column",
    )
    calibrate.add_argument("--id", metavar="COLUMN", help="its column of ids (default: id, targetid ...)")
    calibrate.add_argument(
        "--report",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help=f"file to write, ending in {', '.join(ENDINGS)}; may be given again",
    )
    calibrate.add_argument(
        "--point", choices=("mode", "median"), default="mode", help="which number of p(z) is its redshift"
    )
    calibrate.add_argument(
        "--beyond", type=float, default=0.15, metavar="DZ", help="|Δz|/(1+z) of an outlier (default: 0.15)"
    )
    calibrate.add_argument(
        "--fit",
        choices=tuple(METHODS),
        help="fit a recalibration on a random half and judge it on the other",
    )
    calibrate.add_argument(
        "--out", type=Path, metavar="FILE", help="where the recalibration goes (default: recalibration.json)"
    )
    add_recalibration(calibrate)
    add_weights(calibrate)
    calibrate.set_defaults(run=calibrate_files)


def calibrate_files(options: argparse.Namespace) -> Outcome:
    """What the options say; prints the table of groups.

    Raises:
        AIONError: nothing can be measured.
    """
    from aion.catalog.label_tables import read_table
    from aion.explorer.redshift.calibration import fit_half, join_truths, measure
    from aion.explorer.redshift.calibration.report import sentences, shown

    for path in options.report:
        if _ending(path) not in ENDINGS:
            raise ConfigError(f"{path.name} ends in neither of {', '.join(ENDINGS)}")
    other = None if options.truths is None else read_table(options.truths)
    sample = join_truths(_sample(options), options.truth, other, options.id)
    measured = measure(sample, point=options.point, beyond=options.beyond)
    print("\n".join(sentences(measured)))
    print(shown(measured.table).to_string(index=False))
    fitted = None
    if options.fit:
        weights = sample.sha256 or start_engine(options).info.sha256
        how: Any = METHODS[options.fit]
        fitted = fit_half(sample, weights, how, point=options.point, beyond=options.beyond)
        out = options.out or Path("recalibration.json")
        out.write_text(fitted.recalibration.to_json(), encoding="utf-8")
        print("Recalibrated, on the half that it was not fitted on:")
        for name, half in (("before", fitted.before), ("after", fitted.after)):
            print(shown(half.table.head(1).assign(group=name)).to_string(index=False))
        print(f"aion: the recalibration is in {out}; use it with --recalibration {out}", file=sys.stderr)
    for path in options.report:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_report(path, measured, fitted), encoding="utf-8")
        print(f"aion: the report is in {path}", file=sys.stderr)
    return Outcome(len(sample))


def _sample(options: argparse.Namespace) -> "Sample":
    from aion.catalog import Catalog
    from aion.explorer.redshift.calibration import read_p_z

    paths = [Path(name) for name in options.files]
    if len(paths) == 1 and (Catalog.is_in(paths[0]) or _is_hdf5_of_qp(paths[0])):
        return read_p_z(paths[0])
    return _read_by_model(options.files, start_engine(options))


def _read_by_model(files: list[str], engine: "Engine") -> "Sample":
    from aion.explorer.redshift.calibration import read_p_z

    with temporary_catalog(files, engine, with_p_z=True) as folder:
        return read_p_z(folder)


def _is_hdf5_of_qp(path: Path) -> bool:
    import h5py

    if not path.is_file() or not h5py.is_hdf5(path):
        return False
    with h5py.File(path) as file:
        return "meta/bins" in file


def _ending(path: Path) -> str:
    return path.suffix.removeprefix(".").lower()


def _report(path: Path, measured: "Measurement", fitted: "Fitted | None") -> str:
    from aion.explorer.redshift.calibration.report import measurement_dict, measurement_html

    if _ending(path) == "html":
        return measurement_html(measured, fitted)
    if _ending(path) == "csv":
        return str(measured.table.to_csv(index=False))
    return json.dumps(measurement_dict(measured, fitted), indent=1, ensure_ascii=False) + "\n"
