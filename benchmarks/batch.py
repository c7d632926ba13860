"""Objects a second of ``aion batch``, beside what reading and the model alone would allow:
``python -m benchmarks.batch SPECTRA [--count 600] [--image IMAGE]``.

SPECTRA is a folder of files with a spectrum each; they are repeated under other names until there are enough.
With IMAGE, rows of the Multimodal Universe with each spectrum and that image are read in their place. The
limit is that of processor time: every core busy with reading or with the model, and nothing else done.
Weights: ``AION_MODEL``, else the embedded ones.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import torch

from aion.explorer.engine import Engine
from aion.explorer.settings import Settings
from aion.explorer.survey.contract import Contract
from aion.explorer.survey.opening import open_source
from aion.explorer.survey.partition import read_by_model, tabulate_readings
from aion.explorer.survey.run import Here, run
from aion.io import SkyObject, read
from aion.modalities import Image, Spectrum


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("spectra", type=Path)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--image", type=Path)
    options = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    torch.set_num_threads(max(1, cores // 2))
    engine = Engine(Settings.from_environment())
    engine.warm_up()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "files")
        folder.mkdir()
        spectra = sorted(options.spectra.iterdir())
        if options.image:
            _write_rows(spectra, options.image, folder / "rows.parquet", options.count)
        else:
            _repeat(spectra, folder, options.count)
        first = open_source([folder]).partitions[0]
        targets: list[SkyObject] = []
        reading = _processor_time(lambda: targets.extend(first.read().targets))
        model = _processor_time(lambda: read_by_model(targets, engine))
        readings = read_by_model(targets, engine)
        rows = _processor_time(lambda: tabulate_readings(readings, Contract(engine.width)))
        began, spent = time.perf_counter(), time.process_time()
        result = run(open_source([folder]), Path(place, "out"), Here(engine), engine)
        rate = result.rows / (time.perf_counter() - began)
        spent = (time.process_time() - spent) / result.rows
    parts = {"reading": reading, "model": model, "rows": rows}
    each = {name: seconds / len(targets) for name, seconds in parts.items()}
    limit = cores / (each["reading"] + each["model"])
    what = "image + spectrum" if options.image else "spectra"
    print(f"{what}: {result.rows} objects, {cores} cores, {engine.info.precision}, {engine.info.title}")
    for name, seconds in each.items():
        print(f"  {name} alone: {1000 * seconds:.1f} ms of processor time for an object")
    print(
        f"  aion batch: {1000 * spent:.1f} ms of processor time for an object, whatever else the machine does"
    )
    print(f"  limit {limit:.1f} objects/s; aion batch {rate:.1f} objects/s, {rate / limit:.0%} of it")
    engine.close()


def _repeat(files: Sequence[Path], folder: Path, count: int) -> None:
    """Links to the files under so many names."""
    for number in range(count):
        (folder / f"{number:06d}.fits").symlink_to(files[number % len(files)].resolve())


def _write_rows(files: Sequence[Path], image: Path, path: Path, count: int) -> None:
    """So many rows with an image and a spectrum each."""
    [held] = [one for target in read(image) for one in target.modalities if isinstance(one, Image)]
    cutout = {"array": held.flux[0].tolist(), "band": list(held.bands)}
    spectra = [one for file in files for one in read(file)[0].modalities if isinstance(one, Spectrum)]
    rows = [
        {
            "object_id": f"{number:06d}",
            "spectrum": {
                "flux": one.flux[0].tolist(),
                "ivar": one.ivar[0].tolist(),
                "mask": one.mask[0].tolist(),
                "lambda": one.wavelength[0].tolist(),
            },
            "image": cutout,
        }
        for number, one in ((number, spectra[number % len(spectra)]) for number in range(count))
    ]
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=256)


def _processor_time(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


if __name__ == "__main__":
    main()
