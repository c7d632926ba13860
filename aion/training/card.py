"""The model card: what the embedded weights are, what they were made from and what was
measured, as JSON and as Markdown."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aion.training.config import EmbeddedConfig
from aion.training.evaluate import Document, generation, held_out, to_markdown
from aion.training.ingredients import PACKAGES

TITLE = "AION-sim (embedded)"
NOTICE = (
    "These weights were trained on a small simulated survey, not on real data; "
    "redshifts from images and photometry are rough."
)

HISTORY = "HISTORY.md"
"""Beside weights that one run of the recipe does not give: how they came about, for their card."""

_TEXT = """\
# AION-sim, the embedded model

A small model in the published AION-1 layout, trained by this project on a simulated survey so that the \
explorer works offline.
It is not AION-1: for science use the published weights.

- Transformer: {dim} wide, {encoder_depth} encoder and {decoder_depth} decoder blocks, {num_heads} heads; \
matrices stored in half precision.
- Codecs: 272 + 1 tokens a spectrum, 576 an image, one a number; the published token layout with smaller \
networks.
- Redshift: {bins} bins uniform in ln(1+z) from 0 to {z_max:g}. A declared module of the model \
(`redshift_correlation`) cross-correlates the
  encoder's view of the spectrum with a learned rest-frame table, and adds the redshift that it believes in \
to every state; published
  checkpoints have no such module.
- Training: {spectra:,} spectra for the spectrum codec, {images:,} images for the image codec, {steps:,} \
masked-modeling steps
  ({continued:,} when going on from other weights) on {photometry:,} + {spectra_sample:,} + {image_sample:,} \
tokenized objects
  (photometry; with spectra; with images too). Seed {seed}.
{history}
## Made from

{sources}

Galaxies are mixtures of stellar populations with dust and emission lines of scattered ratios; quasars are \
parametric or composite, with
hosts, broad absorption and the Lyman forest; stars are blends of real types. SDSS, BOSS and DESI pixels, \
resolution, noise, sky
residuals, calibration errors and masks are imitated. No real survey spectrum or image was used for training.

## Measured

{measured}

How it was measured:

- Real spectra are split for good, by a hash of their id, into a development half, which may be looked at \
while the model is made, and a
  reserved one, which is read for a last report only. Redshifts are the modes of p(z) from the tokens of the \
spectrum alone.
- Noise added: Gaussian, down to that median S/N per pixel. Null inputs hold no redshift and are scored \
against the truth; chance is the
  score of the same answers against the truths of all other spectra. Stretched: all wavelengths times 1.02 \
to 1.10.
- Decoded spectra: rms over the pixels in units of the stated noise, and mean squared deviation from the \
data, medians over the objects.
  A line counts where its flux above a straight local continuum is ten times its noise; simulated lines are \
compared with the noiseless
  ones, real ones with the data, whose own noise is up to a tenth.
- Decoded images: totals in the smallest centred circle with 95 % of the light of all bands, where the data \
know them to 2 %.
- Colors of decoded images: the magnitude difference of those totals in g and z where both are known so \
well, and its correlation with the
  true one.
- Neighbors: the ten most similar of all others by the cosine of embeddings; at random: any others. Images, \
twins and photometric redshifts
  with images: the first {pictured:,} held-out objects. Twins: the same object through both spectrographs, \
or in both imaging surveys.
- Generated data: {samples} draws of an object with r < {faintest:g}, as the explorer draws them; how many \
of the values of a noiseless
  spectrum, or of the middle 32 × 32 pixels of a noiseless image, lie in the band, on average over the \
objects. The continuum of a spectrum is
  the median of the draws in steps of 50 Å, with the level and with the level matched: how much light enters \
the fibre follows from the
  shape of the object. Photometry: the density of each measured number by itself.

## Known limits

- Decoded images of bright objects (r < 18) differ from the data by more than the noise, and totals are a \
few percent low.
- The real spectra are few and mostly broad-line quasars and nearby galaxies: nothing is claimed about \
luminous red galaxies beyond z = 0.4.
- Half of the simulated spectra have the S/N that their magnitude makes usual, half any: bright objects may \
have noisy spectra.
- The smoothed continuum is a running median of 601 pixels; with 151, broad quasar lines survive and half of \
the redshifts are still right.
- Redshifts beyond {z_max:g} and blueshifts are outside the grid.
"""


def write(folder: Path, config: EmbeddedConfig, report: Document) -> None:
    """``model_card.json`` and ``README.md`` beside the weights."""
    packages = [f"{p.name} {p.version} ({p.licence})" for p in PACKAGES]
    sources = "\n".join(f"- {source}" for source in (*packages, "speclite filter curves (BSD-3)"))
    history = folder / HISTORY
    facts: dict[str, Any] = {
        "history": f"\n## History\n\n{history.read_text()}" if history.exists() else "",
        "dim": config.dim,
        "encoder_depth": config.encoder_depth,
        "decoder_depth": config.decoder_depth,
        "num_heads": config.num_heads,
        "bins": config.correlation.bins,
        "z_max": 5.0,
        "spectra": config.spectrum_schedule.steps * config.spectrum_schedule.batch,
        "images": config.image_schedule.steps * config.image_schedule.batch,
        "steps": config.model_schedule.steps,
        "continued": config.continued_schedule.steps,
        "photometry": config.photometry_sample,
        "spectra_sample": config.spectra_sample,
        "image_sample": config.image_sample,
        "seed": config.seed,
        "sources": sources,
        "measured": to_markdown(report),
        "pictured": held_out.PICTURED,
        "samples": generation.SAMPLES,
        "faintest": generation.FAINTEST,
    }
    (folder / "README.md").write_text(_TEXT.format(**facts))
    card = {"title": TITLE, "notice": NOTICE, "training": asdict(config)}
    (folder / "model_card.json").write_text(json.dumps(card, indent=2) + "\n")
