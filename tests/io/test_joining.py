"""Files given together become one object where they are one, and stay apart where they are not."""

import re

import numpy as np
import pytest

from aion.errors import FormatError
from aion.io import Overrides, joining, read, read_many
from tests.io.layouts.images import GALAXY, WCS, image_bytes


def test_image_spectrum_and_photometry_of_one_object_become_one(twins):
    row = b"id,ra,dec,FLUX_G,EBV\n77,150.1,2.2,3.0,0.02\n"
    (found,) = read([twins / "ls_cutout.fits.gz", twins / "sdss_spec.fits", row])
    assert [modality.name for modality in found.modalities] == ["image", "spectrum", "FLUX_G", "EBV"]
    assert len(found.reports) == 3 and found.id == "0266-51630-0174"
    assert found.z_reference == 0.25 and found.frames["tok_image"].pixel_scale == pytest.approx(0.262)
    assert found.frames["tok_image"].ivar is not None and found.snr is not None and found.kind


def test_coadd_and_redrock_meet_by_targetid_in_any_order(twins):
    for files in (["desi_coadd.fits", "desi_redrock.fits"], ["desi_redrock.fits", "desi_coadd.fits"]):
        first, second = read([twins / name for name in files])
        assert (first.id, second.id) == ("39627652591521792", "39627652591521793")
        assert (first.z_reference, second.z_reference) == (0.25, 1.25)
        assert first.kind == "GALAXY"
        assert sum(modality.name == "FLUX_G" for modality in first.modalities) == 1


def test_redshifts_alone_of_objects_without_photometry_are_no_input(twins):
    (found,) = read(twins / "desi_redrock.fits")
    assert found.z_reference == 0.25  # the other target has neither spectrum nor photometry


def test_rows_of_a_catalog_meet_targets_by_position(twins):
    rows = b"id,ra,dec,FLUX_I\na,150.2,2.2,3.0\nb,150.1,2.20001,4.0\nc,10,10,5\n"
    objects = read([twins / "desi_coadd.fits", rows])
    assert [found.id for found in objects] == ["39627652591521792", "39627652591521793", "c"]
    values = [
        next(modality.value.item() for modality in found.modalities if modality.name == "FLUX_I")
        for found in objects
    ]
    assert values == [4.0, 3.0, 5.0]


def test_two_spectra_are_two_objects(twins):
    first, second = read([twins / "sdss_spec.fits", twins / "spspec.fits"])
    assert (first.id, second.id) == ("0266-51630-0174", "0266-51630-0175")
    assert "already holds" in next(
        entry.note for entry in second.reports[0].entries if entry.what == "joined"
    )


def test_photometry_finds_the_spectrum_it_belongs_to(twins):
    row = b"id,ra,dec,FLUX_G\n77,10.0,20.0,3.0\n"
    other = {
        "wavelength": np.linspace(4000, 9000, 500),
        "flux": np.ones(500),
        "ra": 10.0,
        "dec": 20.0,
        "id": "far",
    }
    first, second = read([twins / "sdss_spec.fits", other, row])
    assert [modality.name for modality in first.modalities] == ["spectrum"]
    assert [modality.name for modality in second.modalities] == ["spectrum", "FLUX_G"]
    assert second.id == "far"


def test_degrees_on_the_sky_are_told_in_degrees():
    spectrum = {"wavelength": np.linspace(4000, 9000, 500), "flux": np.ones(500), "dec": 0.0}
    [_, second] = read([spectrum | {"ra": 10.0}, {"flux_g": 1.0, "flux_r": 2.0, "ra": 35.25, "dec": 0.0}])
    assert "it is 25.2 degrees from" in next(
        entry.note for entry in second.reports[0].entries if entry.what == "joined"
    )


def test_objects_far_apart_are_not_joined(twins):
    row = b"id,ra,dec,FLUX_G\n77,150.2,2.2,3.0\n"
    first, second = read([twins / "sdss_spec.fits", row])
    assert "it is 359.7 arcsec from" in next(
        entry.note for entry in second.reports[0].entries if entry.what == "joined"
    )
    assert first.reports != second.reports


def test_an_image_is_centred_on_the_object_of_the_spectrum_beside_it(twins, entry):
    row = f"id,ra,dec,FLUX_G\n77,{150.1 + 10 * 0.262 / 3600},2.2,3.0\n".encode()
    (found,) = read([twins / "ls_brick.fits.fz", row])
    assert found.modalities[0].flux.shape[-1] < 300
    position = entry(found, "position")
    assert position.how == "detected" and "files beside it" in position.note
    whole = read(twins / "ls_brick.fits.fz")[0].modalities[0].flux[0, 0]
    cut, middle = found.modalities[0].flux[0, 0], found.modalities[0].flux.shape[-1] // 2
    assert any(
        np.isclose(cut[middle, middle], whole[row, column]) for row in (149, 150) for column in (139, 140)
    )


def test_nothing_to_read_is_said():
    with pytest.raises(FormatError, match="no file was given"):
        read([])


def test_an_override_reaches_the_file_it_is_for(twins):
    (found,) = read(
        [twins / "ls_cutout.fits.gz", twins / "sdss_spec.fits"],
        overrides=Overrides(pixel_scale=0.3, medium="air"),
    )
    assert found.frames["tok_image"].pixel_scale == 0.3


def test_many_files_of_one_object_each_stay_apart_unless_an_id_or_a_place_joins_them(twins):
    files = [twins / name for name in ("spectrum.csv", "ls_cutout.fits.gz", "sdss_spec.fits")]
    objects, unread = read_many(files)
    names = [sorted(modality.name for modality in found.modalities) for found in objects]
    assert (
        names == [["spectrum"], ["image", "spectrum"]] and unread == []
    )  # the cutout lies where the SDSS spectrum was taken
    assert len(read(files[:2])) == 1, "read() takes the files for one object"


def test_a_file_that_cannot_be_read_is_listed_and_does_not_stop_the_others(twins):
    objects, unread = read_many([twins / "photometry.csv", twins / "nothing.fits", b"hello"])
    assert len(objects) == 2
    assert [one.source for one in unread] == ["photometry.csv", "nothing.fits", "upload"]
    assert "5 (row 3)" in unread[0].why and "cannot be read" in unread[1].why


def band_file(peak: float, band: str, **cards) -> bytes:
    """One band in a file of its own, with the WCS of the layouts unless `cards` say otherwise."""
    return image_bytes(peak * GALAXY, **(WCS | {"FILTER": band, "BUNIT": "nanomaggy"} | cards))


def test_bands_of_two_files_on_one_grid_are_one_image_and_the_report_says_so(entry):
    (found,) = read([band_file(1, "g"), band_file(2, "r", CRPIX1=WCS["CRPIX1"] + 0.04)])
    assert found.modalities[0].bands == ["DES-G", "DES-R"]
    assert found.modalities[0].flux[0, 1].max() == pytest.approx(2, rel=0.01)
    assert entry(found, "alignment").value == "0.04 pixels" and entry(found, "alignment").how == "detected"


@pytest.mark.parametrize(
    "cards, sentence",
    [
        ({"CRPIX1": WCS["CRPIX1"] + 3}, r'is shifted by up to 3\.00 pixels \(0\.79"\) from'),
        ({"CRVAL2": WCS["CRVAL2"] + 0.5 * 0.262 / 3600}, r'is shifted by up to 0\.50 pixels \(0\.13"\)'),
        ({"CD1_1": 0.262 / 3600}, "is rotated or distorted"),
        ({"CD1_1": -0.27 / 3600, "CD2_2": 0.27 / 3600}, r'has pixels of 0\.270" in place of 0\.262"'),
    ],
)
def test_bands_of_two_files_on_other_grids_are_never_stacked(cards, sentence):
    first, second = read([band_file(1, "g"), band_file(2, "r", **cards)])
    assert first.modalities[0].bands == ["DES-G"] and second.modalities[0].bands == ["DES-R"]
    note = next(entry.note for entry in second.reports[0].entries if entry.what == "joined")
    assert re.search(sentence, note) and "one pixel grid first" in note


@pytest.mark.parametrize("placed", [False, True])
def test_bands_without_a_position_are_joined_and_the_report_says_nothing_shows_it(entry, placed):
    first = image_bytes(GALAXY, **(WCS if placed else {}), FILTER="DES-G")
    (found,) = read([first, image_bytes(2 * GALAXY, FILTER="DES-R")])
    assert found.modalities[0].bands == ["DES-G", "DES-R"]
    assert entry(found, "alignment").how == "assumed" and "no WCS shows" in entry(found, "alignment").note


def test_bands_of_two_files_keep_the_zero_point_of_each():
    files = [band_file(1, "g"), band_file(1000 * 2, "r", BUNIT="adu", MAGZERO=30.0)]
    (found,) = read(files)
    assert found.modalities[0].flux[0].amax((1, 2)).tolist() == pytest.approx([1, 2], rel=0.01)


def test_the_nearest_position_is_the_same_by_pairs_and_by_a_tree(monkeypatch):
    generator = np.random.default_rng(3)
    here, there = (
        np.stack([generator.uniform(0, 360, n), generator.uniform(-90, 90, n)], 1) for n in (40, 25)
    )
    there[0], here[0] = (359.9999, 10.0), (0.0001, 10.0)
    by_pairs = joining._nearest_of(here, there)
    monkeypatch.setattr(joining, "FEW_PAIRS", 0)
    by_tree = joining._nearest_of(here, there)
    assert by_pairs[0].tolist() == by_tree[0].tolist() and by_pairs[0][0] == 0
    np.testing.assert_allclose(by_pairs[1], by_tree[1], rtol=1e-9)
