"""Numbers of nature and of the published model that several modules need, each once. Knows nothing else."""

SPEED_OF_LIGHT = 299_792.458
"""km/s."""
NANOMAGGY_ZERO_POINT = 22.5
"""AB magnitude of one nanomaggy, the unit of the Legacy Survey."""
HSC_ZERO_POINT = 27.0
"""AB magnitude of one count of an HSC coadd."""
HSC_COUNTS_PER_NANOMAGGY = 10 ** ((HSC_ZERO_POINT - NANOMAGGY_ZERO_POINT) / 2.5)
NANOMAGGY_IN_MICROJANSKY = 3.631
"""AB magnitude 0 is 3631 Jy (Oke & Gunn 1983)."""
AB_ZERO_FLUX = 3.631e-20
"""The same in erg/s/cm2/Hz."""
CODEC_FIELD = 96
"""Side of the field that the image codecs read, pixels."""
PRECISIONS = ("auto", "float32", "bfloat16")
"""Number formats that networks may be asked to compute in; see `aion.precision`."""
FIELD_NOTE = f"only the central {CODEC_FIELD}x{CODEC_FIELD} of"
"""How the note of a codec begins that read the middle of a larger image."""
