"""Each part of a spectrum read alone, and the spectrum without it: the passes behind `SpectrumArms`."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

import numpy as np

from aion.explorer.engine.engine import Engine
from aion.explorer.engine.networks import Networks, Tokens
from aion.explorer.engine.token_groups import token_groups
from aion.explorer.results import Analysis, Floats, SpectrumResult
from aion.explorer.results.arms import SpectrumArm, SpectrumArms
from aion.io import SkyObject
from aion.redshift import RedshiftPDF, redshift_pdfs

SURVEY_ARMS = {
    "tok_spectrum_sdss": (("the blue arm", "the red arm"), (6000.0,)),
    "tok_spectrum_desi": (("the B arm", "the R arm", "the Z arm"), (5780.0, 7570.0)),
}
"""Names, and Å where two meet, in the middle of what both cameras see: Smee et al. (2013) for SDSS and BOSS,
Abareshi et al. (2022) for DESI."""
THIRDS = ("the blue third", "the middle third", "the red third")
"""Of a spectrum of another instrument."""


def compare_arms(engine: Engine, target: SkyObject, analysis: Analysis) -> tuple[SpectrumArms, ...]:
    """Of every spectrum that was read: p(z) of each of its parts with all else of the object hidden, and of
    the rest of that spectrum. A part without a good pixel is left out."""
    [whole] = _ask(engine, [{key: analysis.tokens[key] for key in analysis.used}])
    return tuple(
        SpectrumArms(spectrum.token_key, _arms(engine, target, analysis, spectrum), whole)
        for spectrum in analysis.spectra
        if spectrum.token_key in analysis.used
    )


def _arms(
    engine: Engine, target: SkyObject, analysis: Analysis, spectrum: SpectrumResult
) -> tuple[SpectrumArm, ...]:
    key = spectrum.token_key
    ids = analysis.tokens[key]
    names, inner = _parts(target, spectrum)
    edges = (0.0, *inner, np.inf)
    groups = engine.work_between(partial(token_groups, tokens={key: ids}, run=1, side=1))
    middle = np.array([np.mean(group.stretch) if group.stretch else np.nan for group in groups])
    is_level, usable = np.isnan(middle), _usable(spectrum)
    ranges, inputs = [], list[Tokens]()
    for name, (low, high) in zip(names, pairwise(edges), strict=True):
        inside, seen = (middle >= low) & (middle < high), usable[(usable >= low) & (usable < high)]
        if len(seen):
            ranges.append((name, float(seen[0]), float(seen[-1])))
            inputs += [
                {key: np.where(inside | is_level, ids, -1)},  # with the level: without it no token has a flux
                {key: np.where(inside, -1, ids)},
            ]
    pdfs = _ask(engine, inputs) if inputs else []
    return tuple(
        SpectrumArm(*named, alone, others)
        for named, alone, others in zip(ranges, pdfs[::2], pdfs[1::2], strict=True)
    )


def _parts(target: SkyObject, spectrum: SpectrumResult) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Names of the parts, and Å between them."""
    entries = [entry for report in target.reports for entry in report.entries]
    if any((one.what, one.value, one.how) == ("survey", spectrum.survey, "assumed") for one in entries):
        ends = np.linspace(spectrum.wavelength[0], spectrum.wavelength[-1], len(THIRDS) + 1)
        return THIRDS, tuple(map(float, ends[1:-1]))
    return SURVEY_ARMS[spectrum.token_key]


def _usable(spectrum: SpectrumResult) -> Floats:
    """Å of the good pixels; of all where only tokens are kept."""
    good = ~spectrum.bad if spectrum.sigma is None else ~spectrum.bad & np.isfinite(spectrum.sigma)
    return spectrum.wavelength[good]


def _ask(engine: Engine, inputs: Sequence[Tokens]) -> list[RedshiftPDF]:
    """p(z) of each, as the model gives it."""

    def answer(networks: Networks) -> list[RedshiftPDF]:
        logits = np.stack([one.logits for one in networks.answer(list(inputs))])
        return redshift_pdfs(logits, networks.buckets)

    pdfs: list[RedshiftPDF] = engine.work_between(answer)
    return pdfs
