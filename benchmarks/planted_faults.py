"""Which faults of data the token lab finds: planted in the examples, of which the image or the spectrum alone
is read, and ranked among all of its tokens; and how much the fill-in of a hidden part knows.
``python -m benchmarks.planted_faults``, a quarter of an hour of one core."""

import json
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch

from aion import read
from aion.explorer.engine import Engine
from aion.explorer.engine.fill_in import fill_in
from aion.explorer.engine.spectrum_arms import compare_arms
from aion.explorer.engine.surprise import map_surprise
from aion.explorer.results.arms import SpectrumArms
from aion.explorer.results.occlusion import TokenGroup
from aion.explorer.results.surprise import StreamSurprise
from aion.explorer.settings import Settings
from aion.generate import Sampling
from aion.io import SkyObject
from aion.modalities import Image, Modality, Spectrum
from aion.resources import resource

TOP = 0.02
"""A fault is found where a token of it is among this share of the tokens."""
ARMS = {"tok_spectrum_desi": (5780.0, 7570.0), "tok_spectrum_sdss": (6000.0, 9200.0)}
"""Å of the arm that is moved."""
REFERENCE = 100
"""Objects of the catalog whose images are compared."""
SIDE, PIXELS, FIELD = 24, 4, 96


def examples() -> Iterator[SkyObject]:
    """Simulated objects as files have them."""
    folder = resource("assets/examples")
    for one in json.loads((folder / "examples.json").read_text()):
        if one["slug"] != "misread":
            yield read([folder / one["slug"] / name for name in one["files"]])[0]


def of_kind(target: SkyObject, kind: type[Modality]) -> Modality | None:
    """Its image or its spectrum."""
    return next((one for one in target.modalities if isinstance(one, kind)), None)


def _with(target: SkyObject, old: Modality, flux: torch.Tensor) -> SkyObject:
    new = replace(old, flux=flux)
    return replace(target, modalities=tuple(new if one is old else one for one in target.modalities))


def cosmic_ray(target: SkyObject, sigma: float, seed: int) -> tuple[SkyObject, tuple[float, float]]:
    """Two good pixels of a spectrum raised, and where, Å."""
    spectrum = of_kind(target, Spectrum)
    assert isinstance(spectrum, Spectrum)
    wavelength, ivar = spectrum.wavelength[0], spectrum.ivar[0]
    good = (ivar > 0) & ~spectrum.mask[0] & (wavelength > 3900) & (wavelength < 9000)
    first = int(np.random.default_rng(seed).choice(np.flatnonzero(good.numpy())[:-2]))
    flux, hit = spectrum.flux.clone(), slice(first, first + 2)
    flux[0, hit] += sigma / ivar[hit].clamp(min=1e-12).sqrt()
    return _with(target, spectrum, flux), (float(wavelength[first]), float(wavelength[first + 1]))


def moved_arm(
    target: SkyObject, shift: float, factor: float, ends: tuple[float, float] | None = None
) -> tuple[SkyObject, tuple[float, float]]:
    """One arm of a spectrum, that between these Å, by ``shift`` Å too red, and too bright by a factor."""
    spectrum = of_kind(target, Spectrum)
    assert isinstance(spectrum, Spectrum)
    low, high = ends or ARMS[spectrum.token_key]
    wavelength, flux = spectrum.wavelength[0].double().numpy(), spectrum.flux.clone()
    inside = (wavelength > low) & (wavelength < high)
    real = wavelength < 1e5
    moved = np.interp(wavelength[inside] - shift, wavelength[real], flux[0].double().numpy()[real])
    flux[0, torch.from_numpy(inside)] = torch.from_numpy(moved * factor).float()
    return _with(target, spectrum, flux), (low, high)


def trail(target: SkyObject, sigma: float, seed: int) -> tuple[SkyObject, np.ndarray]:
    """A straight trail of a satellite across an image, in all bands, beside the middle; and its tokens."""
    image = of_kind(target, Image)
    assert isinstance(image, Image)
    rng, flux = np.random.default_rng(seed), image.flux.clone()
    angle, away = rng.uniform(0, np.pi), rng.uniform(12, 36) * rng.choice([-1, 1])
    y, x = (
        grid - (size - 1) / 2 for grid, size in zip(np.indices(flux.shape[-2:]), flux.shape[-2:], strict=True)
    )
    profile = np.exp(-0.5 * ((x * np.cos(angle) + y * np.sin(angle) - away) / 1.5) ** 2)
    steps = flux[0].diff(dim=-1).flatten(1).abs().nanmedian(dim=1).values * 1.4826 / 2**0.5
    flux[0] += sigma * steps[:, None, None] * torch.from_numpy(profile).float()
    top, left = ((size - FIELD) // 2 for size in profile.shape)
    field = profile[top : top + FIELD, left : left + FIELD]
    hit = field.reshape(SIDE, PIXELS, SIDE, PIXELS).max(axis=(1, 3)) > 0.5
    return _with(target, image, flux), np.flatnonzero(hit.ravel())


def swapped_planes(target: SkyObject, first: int, second: int) -> SkyObject:
    """An image two planes of which have each other's name."""
    image = of_kind(target, Image)
    assert isinstance(image, Image)
    order = list(range(image.flux.shape[1]))
    order[first], order[second] = second, first
    return _with(target, image, image.flux[:, order])


def inside(places: tuple[TokenGroup, ...], ends: tuple[float, float]) -> np.ndarray:
    """Positions of the tokens that stand for wavelengths between these, Å."""
    hit = [
        place.stretch is not None and place.stretch[0] <= ends[1] and place.stretch[1] >= ends[0]
        for place in places
    ]
    return np.flatnonzero(hit)


def rank(values: np.ndarray, planted: np.ndarray) -> float:
    """Share of the tokens above the best of the planted ones."""
    return float((values > np.nanmax(values[planted])).mean())


def top_share(values: np.ndarray, planted: np.ndarray) -> float:
    """Share of the first `TOP` of the tokens that are planted."""
    first = np.argsort(-np.nan_to_num(values), kind="stable")[: round(TOP * len(values))]
    return float(np.isin(first, planted).mean())


def stream(engine: Engine, target: SkyObject, kind: type[Modality]) -> StreamSurprise:
    """The map of its image or its spectrum."""
    key = of_kind(target, kind)
    assert key is not None
    [found] = map_surprise(engine, engine.analyze(target, use={key.token_key}, k=0))
    return found


def arms_of(engine: Engine, target: SkyObject) -> SpectrumArms:
    """What the parts of its spectrum say, of the spectrum alone."""
    spectrum = of_kind(target, Spectrum)
    assert spectrum is not None
    [arms] = compare_arms(engine, target, engine.analyze(target, use={spectrum.token_key}, k=0))
    return arms


def _spectra(engine: Engine, targets: list[SkyObject]) -> None:
    faults = {f"cosmic ray of {s} sigma": (lambda t, seed, s=s: cosmic_ray(t, s, seed)) for s in (20, 40, 80)}
    faults |= {
        "nothing planted, the arm": lambda t, seed: moved_arm(t, 0.0, 1.0),
        "arm 20 A too red": lambda t, seed: moved_arm(t, 20.0, 1.0),
        "arm 60 A too red": lambda t, seed: moved_arm(t, 60.0, 1.0),
        "arm 1.3 times too bright": lambda t, seed: moved_arm(t, 0.0, 1.3),
    }
    for name, plant in faults.items():
        rows = []
        for seed, target in enumerate(targets):
            for again in (0, 100) if "ray" in name else (0,):
                spoiled, ends = plant(target, seed + again)
                found = stream(engine, spoiled, Spectrum)
                planted = inside(found.places, ends)
                values = (found.surprise, found.residual)
                rows.append([f(v, planted) for v in values for f in (rank, top_share)])
        print(_line(name, rows), flush=True)


def _images(engine: Engine, targets: list[SkyObject], reference: np.ndarray) -> None:
    for sigma in (3.0, 10.0):
        rows = []
        for seed, target in enumerate(targets):
            spoiled, planted = trail(target, sigma, seed)
            found = stream(engine, spoiled, Image)
            rows.append([f(v, planted) for v in (found.surprise, found.residual) for f in (rank, top_share)])
        print(_line(f"satellite trail of {sigma:g} sigma", rows), flush=True)
    for name, planes in {"nothing": (0, 0), "g and z": (0, 3), "g and r": (0, 1), "r and z": (1, 3)}.items():
        excess = [stream(engine, swapped_planes(target, *planes), Image).excess for target in targets]
        above = [float((reference > one).mean()) for one in excess]
        print(
            f"planes swapped, {name}: excess {np.median(excess):+.2f} nats (median), in the top 2 % of the "
            f"catalog's {sum(share < TOP for share in above)} of {len(above)}",
            flush=True,
        )


def _line(what: str, rows: list[list[float]]) -> str:
    ranks, names = np.array(rows), ("surprise", "residual")
    found, shares = (ranks[:, ::2] < TOP).sum(axis=0), ranks[:, 1::2].mean(axis=0)
    parts = [
        f"{name} finds {found[i]} of {len(rows)}, {shares[i]:.0%} of the top" for i, name in enumerate(names)
    ]
    return f"{what}: {'; '.join(parts)}"


def _reference(engine: Engine) -> np.ndarray:
    assert engine.catalog is not None
    table = engine.catalog.table
    ids = table[table["survey"] == "Legacy Survey"]["id"].sample(REFERENCE, random_state=1)
    found = []
    for id in ids:
        analysis = engine.analyze(engine.catalog.entry(str(id)), use={"tok_image"}, k=0)
        found += [one.excess for one in map_surprise(engine, analysis)]
    excess = np.array(found)
    print(
        "excess of the catalog's images, nats:",
        np.percentile(excess, [2, 16, 50, 84, 98]).round(2),
        flush=True,
    )
    return excess


def _arms(engine: Engine, targets: list[SkyObject]) -> None:
    for shift in (0.0, 20.0, 60.0):
        moved = [moved_arm(target, shift, 1.0)[0] for target in targets]
        apart = [arms_of(engine, target).apart for target in moved]
        print(f"arm {shift:g} A too red: said to stand apart in {sum(map(bool, apart))} of {len(apart)}")


def _fill_ins(engine: Engine, targets: list[SkyObject]) -> None:
    grid = np.arange(SIDE**2).reshape(SIDE, SIDE)
    flux, level, shape, left = [], [], [], []
    for seed, target in enumerate(targets):
        analysis = engine.analyze(target, k=0)
        spoiled, planted = trail(target, 10.0, seed)
        found = fill_in(
            engine, spoiled, engine.analyze(spoiled, k=0), "tok_image", planted.tolist(), Sampling()
        )
        clean = analysis.images[0].decoded
        before, after = (_on_tokens(one - clean, planted) for one in (found.before.decoded, found.after))
        left.append(after / before)
        box = grid[9:15, 9:15].ravel()
        found = fill_in(engine, target, analysis, "tok_image", box.tolist(), Sampling())
        part = (slice(None), slice(36, 60), slice(36, 60))
        flux.append(found.after[part].sum() / found.before.decoded[part].sum())
        spectrum = of_kind(target, Spectrum)
        assert spectrum is not None
        for low in (5000.0, 7000.0):
            hidden = np.arange(1 + int((low - 3500) / 25.6), 13 + int((low - 3500) / 25.6))
            found = fill_in(engine, target, analysis, spectrum.token_key, hidden.tolist(), Sampling())
            ends = [place.stretch for place in found.hidden]
            wavelength = analysis.spectra[0].wavelength
            part = (wavelength > ends[0][0]) & (wavelength < ends[-1][1])
            before, after = found.before.decoded[part], found.after[part]
            level.append(after.mean() / before.mean())
            shape.append(
                np.std(after / after.mean() - before / before.mean()) / np.std(before / before.mean())
            )
    print(f"trail of 10 sigma filled in: {np.median(left):.2f} of its flux is left (median of {len(left)})")
    print(f"middle of an image hidden: {np.median(flux):.2f} of its flux comes back (median of {len(flux)})")
    print(
        f"300 A of a spectrum hidden: level {np.percentile(level, [16, 50, 84]).round(2)} of the true one, "
        f"rms of the shape over that of a constant {np.median(shape):.2f} (of {len(level)})"
    )


def _on_tokens(flux: np.ndarray, positions: np.ndarray) -> float:
    """Sum over the pixels of some tokens."""
    return float(flux.reshape(-1, SIDE, PIXELS, SIDE, PIXELS).sum(axis=(0, 2, 4)).ravel()[positions].sum())


def main() -> None:
    """Print everything."""
    engine = Engine(Settings.from_environment({"AION_DEVICE": "cpu"}))
    targets = list(examples())
    with_spectrum = [one for one in targets if of_kind(one, Spectrum)]
    with_image = [one for one in targets if of_kind(one, Image)]
    _fill_ins(engine, [one for one in with_image if one in with_spectrum])
    _arms(engine, with_spectrum)
    _spectra(engine, with_spectrum)
    _images(engine, with_image, _reference(engine))
    engine.close()


if __name__ == "__main__":
    main()
