"""The file of a head, whom it belongs to, and what it says of objects unlike those of training."""

from dataclasses import replace

import numpy as np
import pytest
from safetensors.numpy import load, save

from aion.errors import InputError
from aion.heads import Head, HeadFolder
from tests.heads.labeled import DESI, SDSS, WIDTH, labeled_vectors

OTHER = "f" * 64


@pytest.mark.parametrize("which", ["of_numbers", "of_classes"])
def test_a_head_says_the_same_after_its_file(which, request):
    head = request.getfixturevalue(which).head
    again, vectors = Head.from_bytes(head.to_bytes()), labeled_vectors(seed=1)
    before, after = head.predict(vectors), again.predict(vectors)
    assert again.facts == head.facts and again.digest == head.digest
    assert (before.values == after.values).all() and (before.errors == after.errors).all()
    assert (before.probabilities == after.probabilities).all()


def test_a_head_of_other_weights_is_refused_with_both_hashes(of_numbers):
    head = of_numbers.head
    with pytest.raises(
        InputError, match="of mass is refused: it belongs to the weights 000000000000…, these are fff"
    ):
        Head.from_bytes(head.to_bytes(), sha256=OTHER)
    assert "train it again with these" in head.why_not(OTHER, SDSS)
    assert Head.from_bytes(head.to_bytes(), sha256="0" * 64).facts.n == head.facts.n


def changed(data: bytes, **tensors: np.ndarray) -> bytes:
    """The file with other tensors."""
    header = data[8 : 8 + int.from_bytes(data[:8], "little")]
    import json

    return save(load(data) | tensors, metadata=json.loads(header)["__metadata__"])


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda data: b"not a head at all", "is no head"),
        (lambda data: data[:-100], "is no head"),
        (lambda data: save({"weights": np.ones(3, np.float32)}), "is no head"),
        (lambda data: changed(data, weights=np.full((1, WIDTH), np.nan, np.float32)), "not finite"),
        (lambda data: changed(data, scale=np.zeros(WIDTH, np.float32)), "a scatter that is none"),
        (lambda data: changed(data, center=np.zeros(3, np.float32)), "has shape"),
        (lambda data: data.replace(b'kind\\": \\"number', b'kind\\": \\"nombre'), "its kind is 'nombre'"),
        (lambda data: data.replace(b'version\\": 1', b'version\\": 9'), "none of version 1"),
    ],
)
def test_a_file_that_is_no_head_is_refused_with_the_reason(of_numbers, damage, reason):
    data = damage(of_numbers.head.to_bytes())
    assert data != of_numbers.head.to_bytes()
    with pytest.raises(InputError, match=r"upload.bin is no head .*make one on the Heads page") as caught:
        Head.from_bytes(data, origin="upload.bin")
    assert reason in str(caught.value)


def test_vectors_of_another_width_are_refused(of_numbers):
    with pytest.raises(InputError, match=rf"shape \(2, 5\); \(objects, {WIDTH}\) is expected"):
        of_numbers.head.predict(np.ones((2, 5)))


def test_a_head_reads_the_data_of_training_and_says_which_are_missing(of_numbers):
    head = of_numbers.head
    assert head.reads([*SDSS, "tok_image", "tok_flux_g"]) == list(SDSS), "more than it needs is left out"
    assert head.reads(["tok_image"]) is None
    assert head.why_not("0" * 64, ["tok_image"]) == "it was trained on spectrum; of this object image is read"
    assert "trained on tok_spectrum_sdss; of this object tok_spectrum_desi" in head.why_not("0" * 64, DESI)
    several = replace(
        head, facts=replace(head.facts, streams=(tuple(f"tok_flux_{b}" for b in "griz") + SDSS,))
    )
    assert several.reads(["tok_flux_g", "tok_flux_r", "tok_flux_i", *SDSS]) is not None, (
        "one number of five less"
    )
    assert several.reads(["tok_flux_g", "tok_flux_r", *SDSS]) is None


def test_an_object_far_from_those_of_training_is_outside_and_has_a_larger_error(of_numbers):
    head = of_numbers.head
    near = labeled_vectors(seed=2)
    inside = head.predict(near)
    assert inside.outside.mean() < 0.1
    far = head.center + 30 * (near[:1] - head.center)
    outside = head.predict(far)
    assert outside.outside.all() and outside.errors[0] > inside.errors.max()


def test_heads_are_kept_listed_and_removed(of_numbers, of_classes, tmp_path):
    folder = HeadFolder(tmp_path / "deep" / "heads")
    assert list(folder.heads()) == []
    path = folder.keep(of_numbers.head)
    assert path.name.startswith("mass-") and folder.keep(of_numbers.head) == path, "the same file again"
    folder.keep(of_classes.head)
    (folder.path / "broken.safetensors").write_bytes(b"xx")
    broken, *rest = folder.heads()
    assert broken.head is None and "is no head" in broken.problem
    assert [one.head.facts.label for one in rest] == ["class", "mass"]
    assert folder.heads()[1] is rest[0], "a file is read once"
    folder.remove(path)
    folder.remove(path)
    assert not path.exists() and len(folder.heads()) == 2


def test_a_folder_that_cannot_be_written_is_told(of_numbers, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot be kept in .*AION_HEADS"):
        HeadFolder(tmp_path / "file" / "heads").keep(of_numbers.head)
