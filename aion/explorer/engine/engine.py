"""The engine: an object of the sky in, an Analysis out. One per process, shared by all sessions, safe to call
from any thread.

Everything a caller asks goes through one queue to one thread; what waits together and has tokens of the same
shape shares one pass of the encoder. It runs once per object, whatever is wanted of it.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from aion.catalog import Catalog, EmbeddedObject, Tokens, Vector, vectors_of
from aion.catalog.views import Views
from aion.errors import AIONError, explained_fault
from aion.explorer.engine import reconstruction
from aion.explorer.engine.checks import (
    distance_check,
    image_checks,
    reconstruction_checks,
    spectrum_checks,
    with_coverage,
)
from aion.explorer.engine.description import METRICS, describe, find_recalibration, read_beside
from aion.explorer.engine.encoding import EncodedObject, encode
from aion.explorer.engine.neighbor_distance import DistanceRanks
from aion.explorer.engine.networks import ModelOutput, Networks, device_for
from aion.explorer.engine.quantiles import chi2_quantiles
from aion.explorer.engine.queue import Worker
from aion.explorer.engine.reference_catalog import reference_catalog
from aion.explorer.results import Analysis, MeasuredObject
from aion.explorer.settings import Settings
from aion.io import SkyObject
from aion.modalities import MODALITIES, Image, Spectrum, Z
from aion.redshift import redshift_pdfs

BATCH_LIMITS = {"cpu": 8, "cuda": 32}
"""Objects that share a pass at most: a full-size image and spectrum take about 0.2 GB each in float32."""
PATIENT_BATCHES = {"cpu": 1, "cuda": 32}
"""The same of those that can wait: a person waits for one batch of them at most."""


Task = Literal["analysis", "embedding", "object"]
Result = Analysis | MeasuredObject | Vector


@dataclass(frozen=True)
class _Job:
    target: SkyObject
    use: Collection[str] | None
    task: Task
    encoding: EncodedObject | AIONError | None = None
    """Its tokens, or why there are none, where that is known."""


@dataclass(frozen=True)
class _Batch:
    """Jobs that share passes with one another and with no others, so that numbers depend on nobody else.
    It comes after what a person waits for."""

    jobs: tuple[_Job, ...]


@dataclass(frozen=True)
class _Work:
    """What somebody else does with the networks; as a `_Batch`, it comes after what a person waits for."""

    run: Callable[[Networks], Any]


class Engine:
    """Model, codecs and reference catalog behind one queue.

    Raises:
        WeightsError, ConfigError: the weights cannot be loaded; the message says why and what to do.
        InputError: the catalog's folder is damaged. Without a folder there are no neighbors.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._networks = Networks(settings, device_for(settings))
        self._cpu_fallback: Networks | None = None
        self.info = describe(settings, self._networks)
        self.recalibration = find_recalibration(settings, self._networks)
        """What p(z) is corrected with; None: with nothing."""
        self.catalog, self.catalog_note = reference_catalog(settings, self.info.sha256)
        """The reference catalog, None where these weights have none; and why one cannot be used."""
        self._distances = DistanceRanks()
        self._chi2_quantiles = chi2_quantiles(read_beside(self._networks, METRICS))
        kind = self._networks.device.type
        self._batch = PATIENT_BATCHES[kind]
        self._worker: Worker[_Job | _Batch | _Work, Any] = Worker(
            self._run, limit=BATCH_LIMITS[kind], can_wait=lambda job: not isinstance(job, _Job)
        )

    def analyze(self, target: SkyObject, *, use: Collection[str] | None = None, k: int = 12) -> Analysis:
        """Everything about one object.

        Args:
            target: From a file or from the catalog.
            use: Token keys to read; None = all that the model reads. The redshift is never read.
            k: How many neighbors.

        Raises:
            InputError: nothing in it can be read; the message says why, modality by modality.
        """
        [answer] = self.batch([target], use=use, k=k)
        if isinstance(answer, AIONError):
            raise answer
        return answer

    def batch(
        self,
        targets: Sequence[SkyObject],
        *,
        use: Collection[str] | None = None,
        k: int = 12,
        can_wait: bool = False,
    ) -> list[Analysis | AIONError]:
        """`analyze` of each, in order, or in its place why there is none; alike objects share a pass.
        What ``can_wait`` comes after what a person waits for."""
        jobs = [_Job(target, use, "analysis") for target in targets]
        answers = self._in_batches(jobs) if can_wait else self._worker.attempt(jobs)
        found = [answer for answer in answers if isinstance(answer, (Analysis, AIONError))]
        if self.catalog is None:
            return found
        analyses = [answer for answer in found if isinstance(answer, Analysis)]
        compared = self.vectors(analyses, self.catalog.searched, can_wait=can_wait)
        pairs = zip(analyses, compared, strict=True)
        complete = (self._with_neighbors(self.catalog, analysis, vectors, k) for analysis, vectors in pairs)
        return [next(complete) if isinstance(answer, Analysis) else answer for answer in found]

    def embed(
        self, targets: Sequence[SkyObject], *, use: Collection[str] | None = None
    ) -> NDArray[np.float32]:
        """(n, D) unit vectors, without decoding or searching anything."""
        answers = self._worker.ask([_Job(target, use, "embedding") for target in targets])
        vectors = [answer for answer in answers if isinstance(answer, np.ndarray)]
        none = np.zeros((0, self.width), dtype=np.float32)
        return np.stack(vectors) if vectors else none

    def embed_objects(self, targets: Sequence[SkyObject]) -> list[MeasuredObject | AIONError]:
        """What a catalog keeps of each, in order; in the place of one that cannot be read, the reason.
        Nothing is decoded or searched, and analyses are answered before it. The same targets give the same
        numbers to the last bit, whoever else asks meanwhile.

        Raises:
            ClosedError: the engine takes nothing any more.
        """
        answers = self._in_batches([_Job(one, None, "object", self._encoded(one)) for one in targets])
        return [answer for answer in answers if isinstance(answer, (MeasuredObject, AIONError))]

    def vectors(
        self, objects: Sequence[EmbeddedObject], views: Views, *, can_wait: bool = False
    ) -> list[dict[str, Vector]]:
        """View -> the vector made from that part of what was read of an object, for each; see
        `aion.catalog.vectors_of`.

        Args:
            can_wait: analyses come before it, and the same objects give the same numbers to the last bit,
                as in `embed_objects`.

        Raises:
            AIONError: a part cannot be embedded.
        """

        def embed(parts: Sequence[Tokens]) -> list[Vector]:
            targets = [SkyObject("", tokens=one) for one in parts]
            if not can_wait:
                return list(self.embed(targets))
            answers = self._in_batches([_Job(target, None, "embedding") for target in targets])
            problem = next((answer for answer in answers if isinstance(answer, AIONError)), None)
            if problem is not None:
                raise problem
            return answers

        return vectors_of(objects, views, embed)

    def _encoded(self, target: SkyObject) -> EncodedObject | AIONError | None:
        """On a CPU, by the thread that asks, so that of several that ask some encode while the model runs."""
        if self._networks.device.type != "cpu":
            return None
        encoding = _attempt(partial(encode, self._networks, target, None))
        return encoding if isinstance(encoding, EncodedObject) else explained_fault(encoding)

    def _in_batches(self, jobs: Sequence[_Job]) -> list[Any]:
        """An answer for each, or an AIONError; others are answered between two batches."""
        batches = [jobs[first : first + self._batch] for first in range(0, len(jobs), self._batch)]
        return [answer for batch in batches for answer in self._worker.ask([_Batch(tuple(batch))])[0]]

    def redshifts(
        self, target: SkyObject, uses: Mapping[str, Collection[str] | None]
    ) -> dict[str, MeasuredObject]:
        """Name -> what is said of p(z) for each choice of what may be read; each as `use` in `analyze`.

        Raises:
            InputError: as `analyze`, for any of the choices.
        """
        answers = self._worker.ask([_Job(target, use, "object") for use in uses.values()])
        pairs = zip(uses, answers, strict=True)
        return {name: answer for name, answer in pairs if isinstance(answer, MeasuredObject)}

    def warm_up(self, progress: Callable[[str, float], None] = lambda step, share: None) -> None:
        """Load every codec and run once, so that nobody waits; ``progress`` gets a sentence and 0 to 1.
        What the catalog takes is left to `warm_up_search`."""
        self._networks.load_codecs(lambda name, share: progress(f"Loading the codec of {name}", 0.8 * share))
        if self.catalog is not None:
            self.catalog.prepare(lambda step, _: progress(step, 0.8))
        progress("Running the model once", 0.8)
        self._worker.ask([_Job(target, None, "analysis") for target in self._empty_targets()])
        progress("Ready", 1.0)

    def warm_up_search(self) -> None:
        """Search the catalog once in each way, which ranks the distances of its own objects; the engine
        answers meanwhile."""
        for target in self._empty_targets():
            self.analyze(target, k=1)

    def _empty_targets(self) -> list[SkyObject]:
        """One with tokens of nothing for each image and spectrum that these weights read."""
        streams = [key for key in self.info.reads if key != Z.token_key]
        wide = [key for key in streams if issubclass(MODALITIES[key], (Image, Spectrum))] or streams[:1]
        empty = [{key: np.zeros(MODALITIES[key].num_tokens, dtype=np.int64)} for key in wide]
        return [SkyObject("", tokens=tokens) for tokens in empty]

    @property
    def width(self) -> int:
        """Numbers of a vector."""
        return int(self._networks.model.config.dim)

    @property
    def redshift_edges(self) -> NDArray[np.floating[Any]]:
        """(bins + 1,) between the bins of p(z), increasing."""
        buckets = self._networks.buckets
        return redshift_pdfs(np.zeros((1, len(buckets))), buckets)[0].edges

    @property
    def size(self) -> int:
        """Bytes that the weights take in memory, with the codecs loaded so far."""
        return sum(networks.size for networks in (self._networks, self._cpu_fallback) if networks is not None)

    def close(self) -> None:
        """Finish what waits and end the thread; who asks afterwards gets a ClosedError."""
        self._worker.close()

    def work_between(self, work: Callable[[Networks], Any]) -> Any:
        """What ``work`` gives, done in the engine's thread between what persons wait for; the shorter the
        better. On the CPU where the device has too little memory for it.

        Raises:
            AIONError: as ``work``; a FaultError for what is none of ours.
            ClosedError: the engine takes nothing any more.
        """
        return self._worker.ask([_Work(work)])[0]

    def _run(self, jobs: list[_Job | _Batch | _Work]) -> list[Any]:
        """One answer or exception for each job, and a list of them for each batch."""
        if isinstance(jobs[0], _Work):  # it is run by itself, as everything that can wait
            return [self._run_work(jobs[0].run)]
        apart = {i: job for i, job in enumerate(jobs) if isinstance(job, _Batch)}
        together = self._run_all([job for job in jobs if isinstance(job, _Job)])
        answers: dict[int, list[Result | AIONError]] = {}
        for i, batch in apart.items():
            found = self._run_all(list(batch.jobs))
            answers[i] = [explained_fault(one) if isinstance(one, Exception) else one for one in found]
        rest = iter(together)
        return [answers[i] if i in apart else next(rest) for i in range(len(jobs))]

    def _run_work(self, work: Callable[[Networks], Any]) -> Any:
        try:
            return work(self._networks)
        except torch.OutOfMemoryError:
            if self._networks.device.type == "cpu":
                raise
        torch.cuda.empty_cache()
        return work(self._on_cpu())

    def _on_cpu(self) -> Networks:
        """Those that answer where the device has too little memory."""
        if self._cpu_fallback is None:  # of the commit that answers, whatever its branch or tag means by now
            settings = replace(self.settings, revision=self.info.revision)
            self._cpu_fallback = Networks(settings, torch.device("cpu"))
        return self._cpu_fallback

    def _run_all(self, jobs: list[_Job]) -> list[Result | Exception]:
        """All jobs on the device; where its memory is too small, in halves, at last one by one on the CPU."""
        try:
            return self._run_on(self._networks, jobs)
        except torch.OutOfMemoryError:
            if len(jobs) == 1 and self._networks.device.type == "cpu":
                raise
        # after the except clause: in it, the exception still holds the tensors of the pass that failed
        torch.cuda.empty_cache()
        if half := len(jobs) // 2:
            return self._run_all(jobs[:half]) + self._run_all(jobs[half:])
        note = "The GPU ran out of memory; this was computed on the CPU."
        return self._run_on(self._on_cpu(), jobs, note)

    def _run_on(self, networks: Networks, jobs: list[_Job], *notes: str) -> list[Result | Exception]:
        encodings = [job.encoding or _attempt(partial(encode, networks, job.target, job.use)) for job in jobs]
        alike: dict[tuple[tuple[str, int], ...], list[int]] = defaultdict(list)
        for i, encoding in enumerate(encodings):
            if isinstance(encoding, EncodedObject):
                encoding.notes.extend(notes)
                alike[tuple((key, len(encoding.tokens[key])) for key in encoding.used)].append(i)
        results: list[Any] = list(encodings)
        for members in alike.values():
            started = time.perf_counter()
            inputs = [{key: results[i].tokens[key] for key in results[i].used} for i in members]
            answers = networks.answer(inputs)
            share = (time.perf_counter() - started) / len(members)
            for i, answer in zip(members, answers, strict=True):
                encoding, job = results[i], jobs[i]
                results[i] = _attempt(partial(self._finish, networks, job, encoding, answer, share))
        return results

    def _finish(
        self, networks: Networks, job: _Job, encoding: EncodedObject, answer: ModelOutput, seconds: float
    ) -> Result:
        """Redshift and reconstructions from the one pass."""
        if job.task == "embedding":
            return answer.embedding
        times = {"encode": encoding.seconds, "model": seconds}
        redshift = redshift_pdfs(answer.logits[None], networks.buckets)[0]
        redshift, notes = with_coverage(redshift, job.target, encoding)
        if job.task == "object":
            about = (encoding.tokens, encoding.used, encoding.ignored, answer.embedding)
            notes = (*encoding.notes, *notes)
            measured = MeasuredObject(*about, redshift, notes, snr=job.target.snr)
            return measured.recalibrated(self.recalibration)
        started = time.perf_counter()
        images, spectra, scalars = reconstruction.reconstructions(networks, job.target, encoding)
        times["decode"] = time.perf_counter() - started
        given = [m for m in job.target.modalities if m.token_key in encoding.used]
        checks = [*reconstruction_checks(images, spectra, self._chi2_quantiles), *spectrum_checks(given)]
        return Analysis(
            id=job.target.id,
            tokens=encoding.tokens,
            used=encoding.used,
            ignored=encoding.ignored,
            redshift=redshift,
            embedding=answer.embedding,
            images=images,
            spectra=spectra,
            scalars=scalars,
            z_reference=job.target.z_reference,
            notes=(*encoding.notes, *notes, *([self.catalog_note] if self.catalog_note else [])),
            model=self.info,
            seconds=times,
            trust=(*checks, *image_checks(networks, given)),
            snr=job.target.snr,
        ).recalibrated(self.recalibration)

    def _with_neighbors(
        self, catalog: Catalog, analysis: Analysis, vectors: Mapping[str, Vector], k: int
    ) -> Analysis:
        """The same with its neighbors and its distance to the catalog.

        A vector made from more or fewer kinds of data lies elsewhere, so where the catalog has none of the
        same, the parts are compared.
        """
        started = time.perf_counter()
        itself = catalog.row_of(analysis.id, analysis.tokens)
        neighbors = catalog.neighbors(vectors, k, exclude=itself) if k > 0 else ()
        ranks = self._distances.of(catalog, analysis.used, vectors, itself)
        trusted = (*([] if ranks is None else [distance_check(ranks)]), *analysis.trust)
        seconds = analysis.seconds | {"neighbors": time.perf_counter() - started}
        return replace(analysis, compared=vectors, neighbors=neighbors, trust=trusted, seconds=seconds)


def _attempt(work: Callable[[], Any]) -> Any:
    """The answer, or the exception in its place; out of memory is not the job's fault and goes through."""
    try:
        return work()
    except torch.OutOfMemoryError:
        raise
    except Exception as exc:
        return exc
