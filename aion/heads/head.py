"""One head: what it was trained on, and the linear map from embeddings (n, D) to values with errors. One file
of safetensors holds it, with the facts as JSON in its header. Knows no catalog and no scikit-learn.

n objects, D numbers of an embedding, K outputs: one of a number, one for each class.
"""

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from aion.catalog.views import views_of
from aion.errors import InputError
from aion.modalities import MODALITIES

Floats = NDArray[np.floating[Any]]
Kind = Literal["number", "class"]
"""Of a label."""

VERSION = 1
"""Of the file; another is refused."""
MOST_BYTES = 2**28
"""Of a file: a head of 4,096 numbers and 100 classes is a quarter of it."""
ALIKE = 0.8
"""Share of the streams of training that an object must have; as neighbors are compared."""
LEVEL = 0.6827
"""Of the region that an error is half of: one σ of a Gaussian."""
_HEADER = "aion_head"
_TENSORS = ("center", "scale", "weights", "intercepts", "precision", "errors_at", "errors")


@dataclass(frozen=True)
class HeadFacts:
    """What is said of a head."""

    sha256: str
    """Of the weights whose embeddings it reads."""
    view: str
    """Of these embeddings, as catalogs call it: ``"all"``, ``"spectrum"``, ``"image"``, ``"photometry"``."""
    streams: tuple[tuple[str, ...], ...]
    """Sets of token keys that the embeddings of training were made from."""
    label: str
    """Column that it was trained on."""
    kind: Kind
    unit: str = ""
    """Of the values: of the label, ``"dex"`` where these are logarithms."""
    is_log: bool = False
    """Whether values are log10 of the label."""
    classes: tuple[str, ...] = ()
    n: int = 0
    """Labels that it was trained on."""
    groups: int = 0
    """Objects that these are of."""
    origin: str = ""
    """For people: which objects."""
    strength: float = 0.0
    """Of the regularization: λ of |w|² beside the sum of squares (number) or of log losses (class)."""
    reach: float = np.inf
    """Leverage up to which a vector lies among those of training."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """By cross-validation; see `aion.heads.training`."""
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def main_score(self) -> str:
        """``"R² 0.932"`` or ``"accuracy 0.984"`` of held-out objects; empty where it was not measured."""
        name = "R²" if self.kind == "number" else "accuracy"
        value = self.scores.get(f"embedding, linear: {name}")
        return "" if value is None else f"{name} {value:.3f}"

    @property
    def title(self) -> str:
        """``"log10(M_STAR)"``."""
        return f"log10({self.label})" if self.is_log else self.label


@dataclass(frozen=True, eq=False)
class Predictions:
    """What a head says of n objects."""

    values: NDArray[Any]
    """(n,) numbers, or texts of classes."""
    errors: Floats
    """(n,) of numbers half of the region that holds 68 % of truths; of classes 1 - probability."""
    outside: NDArray[np.bool_]
    """(n,) True = farther out than 995 of 1,000 objects of training: an extrapolation."""
    probabilities: Floats
    """(n, K) of the classes; (n, 0) for numbers."""


@dataclass(frozen=True, eq=False)
class Head:
    """A linear map of standardized vectors.

    Raises:
        InputError: shapes do not belong together, or a number is not finite.
    """

    facts: HeadFacts
    center: Floats
    """(D,) mean of the vectors of training."""
    scale: Floats
    """(D,) their scatter, above 0."""
    weights: Floats
    """(K, D)."""
    intercepts: Floats
    """(K,)."""
    precision: Floats
    """(D, D) inverse of XᵀX + λ of the standardized vectors of training, which gives leverages."""
    errors_at: Floats
    """(m,) predicted values, increasing, at which errors are known; (0,) of classes."""
    errors: Floats
    """(m,) half of the 68 % region there, without the share of the leverage."""

    def __post_init__(self) -> None:
        d, k = len(self.center), max(1, len(self.facts.classes))
        shapes = {
            "center": (d,),
            "scale": (d,),
            "weights": (k, d),
            "intercepts": (k,),
            "precision": (d, d),
            "errors_at": self.errors.shape,
        }
        for name, shape in shapes.items():
            if getattr(self, name).shape != shape:
                raise InputError(
                    f"a head's {name} has shape {getattr(self, name).shape}; {shape} is expected"
                )
        if (len(self.errors) == 0) is (self.facts.kind == "number") or (k > 1) is (
            self.facts.kind == "number"
        ):
            raise InputError("a head of numbers has errors, one of classes has two classes or more")
        if not all(np.isfinite(getattr(self, name)).all() for name in _TENSORS) or (self.scale <= 0).any():
            raise InputError("a head holds numbers that are not finite, or a scatter that is none")
        if (np.diff(self.errors_at) < 0).any():
            raise InputError("a head's errors are not in the order of its values")

    def predict(self, vectors: Floats) -> Predictions:
        """Of unit vectors (n, D), made from the streams that `reads` gives.

        Raises:
            InputError: they are of another width.
        """
        vectors = np.asarray(vectors, dtype=float)
        if vectors.ndim != 2 or vectors.shape[1] != len(self.center):
            raise InputError(f"vectors of shape {vectors.shape}; (objects, {len(self.center)}) is expected")
        x = (vectors - self.center) / self.scale
        outputs = x @ self.weights.T.astype(float) + self.intercepts  # (n, K)
        leverage = leverages(x, self.precision)
        outside = leverage > self.facts.reach
        if self.facts.kind == "class":
            p = softmax(outputs)
            best = p.argmax(1)
            values = np.array(self.facts.classes, dtype=object)[best]
            return Predictions(values, 1 - p.max(1), outside, p)
        values = outputs[:, 0]
        errors = np.interp(values, self.errors_at, self.errors) * np.sqrt(1 + leverage)
        return Predictions(values, errors, outside, np.zeros((len(x), 0)))

    def reads(self, streams: Collection[str]) -> list[str] | None:
        """Those of an object's token keys that its vector is to be made from; None: these are not the data
        that it was trained on."""
        sets = [set(held) for held in self.facts.streams]
        found = max(sets, key=lambda held: len(held & set(streams)) / len(held), default=set())
        if not found or len(found & set(streams)) < ALIKE * len(found):
            return None
        return [key for key in streams if key in found]

    def why_not(self, sha256: str, streams: Collection[str], *, of: str = "this object") -> str | None:
        """Why it says nothing of an object that weights have read from these streams; None: it does.

        Args:
            of: Which object or objects, for people.
        """
        if sha256 != self.facts.sha256:
            return (
                f"it belongs to the weights {self.facts.sha256[:12]}…, these are {sha256[:12]}…; "
                "train it again with these"
            )
        if self.reads(streams) is not None:
            return None
        wanted = {key for held in self.facts.streams for key in held}
        needs, has = _data(wanted), _data(streams)
        if set(needs) <= set(has):
            needs, has = sorted(wanted), sorted(streams)
        return f"it was trained on {' and '.join(needs)}; of {of} {' and '.join(has)} is read"

    def refuse_others(self, sha256: str) -> None:
        """Raises InputError: the weights are others than those that it belongs to."""
        if sha256 != self.facts.sha256:
            raise InputError(f"the head of {self.facts.title} is refused: {self.why_not(sha256, ())}")

    @cached_property
    def digest(self) -> str:
        """SHA-256 of its file."""
        return hashlib.sha256(self.to_bytes()).hexdigest()

    @property
    def file_name(self) -> str:
        """``stellar_mass-1a2b3c4d.safetensors``"""
        stem = re.sub(r"\W+", "_", self.facts.label)[:40].strip("_") or "label"
        return f"{stem}-{self.digest[:8]}.safetensors"

    def to_bytes(self) -> bytes:
        """The content of its file."""
        stated = json.dumps({"version": VERSION, **asdict(self.facts)}, ensure_ascii=False, allow_nan=False)
        tensors = {name: np.ascontiguousarray(getattr(self, name), dtype=np.float32) for name in _TENSORS}
        return save(tensors, metadata={_HEADER: stated})

    @classmethod
    def from_bytes(cls, data: bytes, *, sha256: str | None = None, origin: str = "the file") -> Self:
        """What `to_bytes` gave.

        Args:
            sha256: Of the weights in use; None accepts any.
            origin: What the bytes are, for messages.

        Raises:
            InputError: it is something else, or belongs to other weights.
        """
        try:
            if len(data) > MOST_BYTES:
                raise ValueError(f"it has {len(data):,} bytes")
            tensors, stated = load(data), _stated(data)
            if set(tensors) != set(_TENSORS) or stated.pop("version") != VERSION:
                raise ValueError(f"it is none of version {VERSION}")
            found = cls(_facts(stated), **tensors)
        except (SafetensorError, ValueError, TypeError, KeyError, AttributeError) as exc:
            raise InputError(
                f"{origin} is no head ({exc}); make one on the Heads page or by aion head train"
            ) from exc
        if sha256 is not None:
            found.refuse_others(sha256)
        return found

    @classmethod
    def read(cls, path: Path, *, sha256: str | None = None) -> Self:
        """A file. Raises InputError: it is not there, is no head, or one of other weights."""
        try:
            data = path.read_bytes()
        except OSError as exc:
            raise InputError(f"the head {path} cannot be read: {exc}") from exc
        return cls.from_bytes(data, sha256=sha256, origin=str(path))


def leverages(x: Floats, precision: Floats) -> NDArray[np.float64]:
    """(n,) xᵀ P x of standardized vectors (n, D)."""
    found: NDArray[np.float64] = np.einsum("nd,de,ne->n", x, precision.astype(float), x, optimize=True)
    return found


def softmax(outputs: Floats) -> NDArray[np.float64]:
    """(n, K) probabilities."""
    raised = np.exp(outputs - outputs.max(1, keepdims=True))
    return np.asarray(raised / raised.sum(1, keepdims=True), dtype=float)


def _stated(data: bytes) -> dict[str, Any]:
    """The facts in the header, of which `load` has seen that it is one."""
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    stated: dict[str, Any] = json.loads(header["__metadata__"][_HEADER])
    return stated


def _facts(stated: dict[str, Any]) -> HeadFacts:
    """Raises ValueError, TypeError or KeyError: a value is none that a head can have."""
    if stated["kind"] not in ("number", "class"):
        raise ValueError(f"its kind is {stated['kind']!r}")
    texts = ("sha256", "view", "label", "kind", "unit", "origin")
    return HeadFacts(
        **stated
        | {name: str(stated[name]) for name in texts}
        | {name: int(stated[name]) for name in ("n", "groups")}
        | {name: float(stated[name]) for name in ("strength", "reach")}
        | {
            "streams": tuple(tuple(map(str, held)) for held in stated["streams"]),
            "classes": tuple(map(str, stated["classes"])),
            "scores": {str(name): float(value) for name, value in stated["scores"].items()},
            "versions": {str(name): str(value) for name, value in stated["versions"].items()},
        }
    )


def _data(streams: Collection[str]) -> list[str]:
    """Kinds of data: ``["image", "spectrum"]``."""
    known = [key for key in streams if key in MODALITIES]
    return [view for view in views_of(known) if view != "all"]
