"""How often "Do the parts of the spectrum agree?" is wrong of spectra as they are, and how many shifted arms
it finds: on held-out simulated spectra that the rule was not chosen on, and with ``--real FOLDER`` on the
development half of the real ones. ``python -m benchmarks.spectrum_arms``, 15 minutes of one core."""

import argparse
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from aion.explorer.engine import Engine
from aion.explorer.engine.spectrum_arms import SURVEY_ARMS
from aion.explorer.results.arms import Agreement
from aion.explorer.settings import Settings
from aion.io import SkyObject
from aion.training import real
from aion.training.config import EmbeddedConfig
from aion.training.evaluate import held_out
from aion.training.ingredients import DEFAULT_CACHE, ensure
from aion.training.simulate.survey import SimulatedSurvey
from aion.training.spectrum_codec import as_modality
from benchmarks.planted_faults import arms_of, moved_arm

FIRST, CLEAN, PLANTED = 40, 20, 8
"""Batches of held-out objects: the first, how many as they are, and in how many of these arms are moved. The
rule was chosen on batches before."""
SHIFTS = (20.0, 40.0, 60.0, 100.0)
"""Å."""
SNR_BINS = ((0.0, 3.0), (3.0, 5.0), (5.0, 10.0), (10.0, np.inf))
SEED = 7
NOTHING = (Agreement.SILENT, Agreement.NOTHING_BESIDE)


@dataclass(frozen=True)
class Answer:
    """What was said of one spectrum."""

    shift: float
    """Å that one of its arms was moved by; 0: none was."""
    snr: float
    is_compared: bool
    """Whether a part says a redshift alone while the rest says one too: without, nothing can be found."""
    is_apart: bool
    is_right: bool
    """Whether the arm that was moved is the one that is said to stand apart; of two arms both are."""
    error: float
    """Å between the shift and what is said of it; NaN where nothing is."""


def answer(engine: Engine, target: SkyObject, snr: float, shift: float, arm: int) -> Answer:
    """Of a spectrum one arm of which is moved."""
    [spectrum] = target.modalities
    names, inner = SURVEY_ARMS[spectrum.token_key]
    edges = (0.0, *inner, np.inf)
    moved = target if not shift else moved_arm(target, shift, 1.0, (edges[arm], edges[arm + 1]))[0]
    found = arms_of(engine, moved)
    apart = found.apart
    is_compared = any(one.agreement not in NOTHING for one in found.arms)
    if apart is None:
        return Answer(shift, snr, is_compared, False, False, np.nan)
    is_same = apart.name == names[arm]
    said = apart.shift if is_same else -apart.shift * found.arms[arm].center / apart.center
    return Answer(shift, snr, is_compared, True, is_same or len(found.arms) == 2, abs(said - shift))


def simulated(engine: Engine, cache: Path) -> Iterator[Answer]:
    """Each object as it is, and of some one arm moved by each shift, to the red or to the blue."""
    survey = SimulatedSurvey.from_ingredients(ensure(cache / "ingredients"), cache / "training")
    rng = np.random.default_rng(SEED)
    for number in range(FIRST, FIRST + CLEAN):
        objects = held_out.draw(survey, EmbeddedConfig(), number, with_images=False)
        spectra = as_modality(objects.spectra, torch.device("cpu"))
        for i, snr in enumerate(objects.signal_to_noise.tolist()):
            parts = (spectra.flux, spectra.ivar, spectra.mask, spectra.wavelength)
            target = SkyObject(f"{number}-{i}", (type(spectra)(*(part[i : i + 1] for part in parts)),))
            yield answer(engine, target, snr, 0.0, 0)
            arm = int(rng.integers(len(SURVEY_ARMS[spectra.token_key][0])))
            sign = float(rng.choice([-1, 1]))
            for shift in SHIFTS if number < FIRST + PLANTED else ():
                yield answer(engine, target, snr, sign * shift, arm)


def measured(engine: Engine, folder: Path) -> Iterator[Answer]:
    """Each real spectrum of an object as it is, and each of its arms moved by each shift to both sides."""
    for one in real.parts(real.load(folder), reserved=False)["development"]:
        if one.kind == "sky":
            continue
        target = SkyObject(one.id, (one.spectrum,))
        yield answer(engine, target, one.signal_to_noise, 0.0, 0)
        for arm in range(len(SURVEY_ARMS[one.spectrum.token_key][0])):
            for shift in (sign * shift for shift in SHIFTS for sign in (-1, 1)):
                yield answer(engine, target, one.signal_to_noise, shift, arm)


def table(answers: Iterable[Answer]) -> str:
    """A row for each bin of S/N."""
    every = list(answers)
    names = ["can be compared", "apart, none moved", *(f"{shift:g} Å" for shift in SHIFTS), "error, median"]
    rows = [f"| S/N | {' | '.join(names)} |", "|---" * (1 + len(names)) + "|"]
    bins = [("all", 0.0, np.inf), *((f"{low:g} to {high:g}", low, high) for low, high in SNR_BINS)]
    for name, low, high in bins:
        some = [one for one in every if low <= one.snr < high]
        as_given = [one for one in some if not one.shift]
        cells = [_share([getattr(one, name) for one in as_given]) for name in ("is_compared", "is_apart")]
        cells += [_share([one.is_right for one in some if abs(one.shift) == shift]) for shift in SHIFTS]
        errors = [one.error for one in some if one.shift and one.is_right]
        cells.append(f"{np.median(errors):.0f} Å" if errors else "")
        rows.append(f"| {name} | {' | '.join(cells)} |")
    wrong = sum(one.is_apart and not one.is_right for one in every if one.shift)
    return "\n".join([*rows, f"another arm was named: {wrong} of {sum(one.shift != 0 for one in every)}"])


def _share(found: list[bool]) -> str:
    return f"{sum(found)} of {len(found)}" if found else ""


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", type=Path, help="the folder of the real spectra, with INDEX.csv")
    parser.add_argument("--cache", type=Path, default=DEFAULT_CACHE.parent, help="where the ingredients are")
    options = parser.parse_args()
    engine = Engine(Settings.from_environment({"AION_DEVICE": "cpu"}))
    if options.real is not None:
        print(f"real spectra, development half\n{table(measured(engine, options.real))}", flush=True)
    print(f"held-out simulated spectra\n{table(simulated(engine, options.cache))}", flush=True)
    engine.close()


if __name__ == "__main__":
    main()
