"""An object of the sky -> its tokens, which of them the model reads, and why it does not read the others."""

import time
from collections.abc import Collection
from dataclasses import dataclass, field

from aion.errors import InputError, WeightsNotFoundError
from aion.explorer.engine.networks import Networks, Tokens
from aion.io import SkyObject
from aion.modalities import MODALITIES, Modality, Z


@dataclass
class EncodedObject:
    """What is known of an object before the model runs."""

    tokens: Tokens = field(default_factory=dict)
    used: tuple[str, ...] = ()
    """Token keys that the model reads."""
    ignored: dict[str, str] = field(default_factory=dict)
    """What it does not read -> the reason."""
    notes: list[str] = field(default_factory=list)
    """Sentences a person must read."""
    seconds: float = 0.0


def encode(networks: Networks, target: SkyObject, use: Collection[str] | None) -> EncodedObject:
    """Tokens of everything that has a codec; ``use``: token keys that the model may read, None = all.

    Raises:
        InputError: nothing is left for the model to read; the message says why, modality by modality.
    """
    started = time.perf_counter()
    encoding = EncodedObject(tokens=dict(target.tokens), notes=_assumptions(target))
    for modality in target.modalities:
        _add(encoding, networks, modality)
    ignored = encoding.ignored
    if encoding.tokens.pop(Z.token_key, None) is not None or Z.token_key in ignored:
        ignored[Z.token_key] = "the redshift is what is asked for; it is never given to the model"
    for key in encoding.tokens:
        if key not in networks.reads:
            ignored[key] = "not a stream that these weights read"
        elif use is not None and key not in use:
            ignored[key] = "switched off"
    encoding.used = tuple(key for key in encoding.tokens if key not in ignored)
    if not encoding.used:
        names = {key: MODALITIES[key].name if key in MODALITIES else key for key in ignored}
        reasons = "; ".join(f"{names[key]}: {reason}" for key, reason in ignored.items())
        raise InputError(
            f"nothing of {target.id or 'this object'} can be given to the model: "
            f"{reasons or 'it has no modality'}"
        )
    encoding.seconds = time.perf_counter() - started
    return encoding


def _add(encoding: EncodedObject, networks: Networks, modality: Modality) -> None:
    """The tokens of one modality, or why there are none; one that cannot be used does not stop the others."""
    key = modality.token_key
    if isinstance(modality, Z):
        encoding.ignored[key] = ""
    elif key in encoding.tokens:
        encoding.ignored[f"another {key}"] = "only the first of its kind is read"
    else:
        try:
            encoding.tokens[key], notes = networks.encode(modality)
            encoding.notes.extend(notes)
        except InputError as exc:
            encoding.ignored[key] = str(exc)
        except WeightsNotFoundError:
            encoding.ignored[key] = f"these weights have no codec for {modality.name}"


def _assumptions(target: SkyObject) -> list[str]:
    """What reading the files had to assume or leave out."""
    entries = [entry for report in target.reports for entry in report.entries]
    return [entry.sentence() for entry in entries if entry.how in ("assumed", "dropped")]
