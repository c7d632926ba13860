"""What was generated -> files: FITS, JSON and a page of figures. Every name and every file carries the mark
"generated, not observed"; a truth that was withheld is not in them, but for how it agrees."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from aion.explorer import figures
from aion.explorer.export.analysis import FLUX_UNIT, file_stems
from aion.explorer.export.origins import acknowledgments, origins
from aion.explorer.results.generated import (
    MARK,
    Generated,
    GeneratedImage,
    GeneratedNumber,
    GeneratedSpectrum,
    mark,
    mark_values,
    marked_stem,
)
from aion.io import Report
from aion.io.write import Card, Column, OutputTable, Picture, fits_bytes


def generated_files(
    generated: Generated, reports: Sequence[Report] = (), *, stem: str | None = None
) -> dict[str, bytes]:
    """Name -> content of every file.

    Args:
        reports: of the object that was read.
        stem: beginning of the names, in front of the mark; None = made of the id.
    """
    content = {
        "fits": _fits(generated, reports),
        "json": (json.dumps(_summary(generated), indent=2, ensure_ascii=False) + "\n").encode(),
        "html": figures.html(
            f"{generated.id}: {mark(generated)}", figures.generated_figures(generated)
        ).encode(),
    }
    return {generated_name(generated, ending, stem=stem): data for ending, data in content.items()}


def generated_name(generated: Generated, ending: str, *, stem: str | None = None) -> str:
    """Of one of `generated_files`."""
    return f"{marked_stem(generated, file_stems([generated.id])[0] if stem is None else stem)}.{ending}"


def _fits(generated: Generated, reports: Sequence[Report]) -> bytes:
    """Samples, their median and bands, and the tokens; ``SYNTH = T`` in every HDU, so that no reader of ours
    takes it for data."""
    parts: list[OutputTable | Picture] = []
    if generated.spectrum is not None:
        parts.append(_spectrum(generated.spectrum))
    if generated.image is not None:
        parts += _image(generated.image)
    if generated.numbers:
        parts += [_samples(generated.numbers), *map(_density, generated.numbers)]
    for key, ids in generated.tokens.items():
        parts.append(Picture(f"{key} TOKENS".upper(), ids.astype(np.int32), ""))
    cards: dict[str, Card] = {
        "SYNTH": (True, MARK),
        "GENMETH": (generated.method, "how tokens were drawn"),
        "GENSTEPS": (generated.steps, "steps of a sample"),
        "GENSEED": (generated.seed, "seed of the draws"),
        "GENTEMP": (generated.temperature, "temperature of the draws"),
        "GENTEMP0": (generated.first_temperature, "times that, for the first token"),
        "GENSAMP": (generated.samples, "samples"),
        "AIONVER": (generated.model.versions["aion"], "version of the software"),
        "AIONMOD": (generated.model.title, "weights"),
        "AIONREV": (generated.model.revision or "folder", "revision of the weights"),
        "AIONSHA": (generated.model.sha256[:32], "SHA-256 of the weights, start"),
        "OBJECT": (generated.id, "id of what was read"),
    }
    notice = [generated.model.notice] if generated.model.notice else []
    history = [
        mark(generated),
        *notice,
        f"read by the model: {', '.join(generated.used)}",
        *generated.cautions,
        *generated.notes,
    ]
    return fits_bytes(parts, cards, history=[*history, *origins(reports), *acknowledgments(reports)])


def _summary(generated: Generated) -> dict[str, Any]:
    agreement = generated.agreement
    numbers = {
        one.name: {
            "unit": one.unit,
            "median": one.quantile(0.5),
            "band68": [one.quantile(0.16), one.quantile(0.84)],
            "band95": [one.quantile(0.025), one.quantile(0.975)],
            "samples": one.samples.tolist(),
            "withheld": one.truth,
            "probability_below_withheld": one.below,
        }
        for one in generated.numbers
    }
    return {
        **mark_values(generated),
        "object": generated.id,
        "target": generated.target,
        "revision": generated.model.revision,
        "cautions": list(generated.cautions),
        "notes": list(generated.notes),
        "agreement_with_withheld": None if agreement is None else asdict(agreement),
        **({"numbers": numbers} if numbers else {}),
    }


def _spectrum(spectrum: GeneratedSpectrum) -> OutputTable:
    columns = [Column("wavelength", spectrum.wavelength, "Angstrom", "vacuum, observed frame")]
    if len(spectrum.samples) > 1:
        columns.append(_flux("median", np.median(spectrum.samples, axis=0), "median of the samples"))
        for level, name in ((0.68, "68"), (0.95, "95")):
            low, high = spectrum.band(level)
            columns += [
                _flux(f"low{name}", low, f"lower end of {name} %"),
                _flux(f"high{name}", high, f"upper end of {name} %"),
            ]
    columns += [_flux(f"sample{i:03d}", one, MARK) for i, one in enumerate(spectrum.samples)]
    name = f"{spectrum.survey} spectrum generated".upper()
    return OutputTable(name, tuple(columns), {"SURVEY": (spectrum.survey, "whose spectra these imitate")})


def _flux(name: str, values: Any, description: str) -> Column:
    return Column(name, values, FLUX_UNIT, description)


def _image(image: GeneratedImage) -> list[Picture]:
    cards: dict[str, Card] = {
        "SURVEY": (image.survey, "whose images these imitate"),
        "BANDS": (",".join(image.bands), "planes in order"),
        "PIXSCALE": (image.pixel_scale, "arcsec per pixel"),
    }
    planes = {"samples": image.samples, "median": np.median(image.samples, axis=0)}
    if len(image.samples) > 1:
        planes["spread"] = image.samples.std(axis=0, ddof=1)
    return [
        Picture(f"{image.survey} {name} generated".upper(), values.astype(np.float32), "nanomaggy", cards)
        for name, values in planes.items()
    ]


def _samples(numbers: Sequence[GeneratedNumber]) -> OutputTable:
    columns = [Column(one.name.lower(), one.samples, one.unit, MARK) for one in numbers]
    return OutputTable("SAMPLES GENERATED", tuple(columns))


def _density(number: GeneratedNumber) -> OutputTable:
    columns = (
        Column("low", number.edges[:-1], number.unit, "lower edge of the bin"),
        Column("high", number.edges[1:], number.unit, "upper edge of the bin"),
        Column("probability", number.probability, "", "mass in the bin; sums to 1"),
    )
    return OutputTable(f"{number.name} density generated".upper(), columns)
