"""The token vocabulary: one row per token stream of the published checkpoints.

A stream is a sequence of tokens that stands for one quantity of one object.
Which data the tokens come from, this file does not know.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class TokenStream:
    """How many tokens a stream has, where they stand, and which ids they take."""

    key: str
    """Name in token dictionaries, and of the embeddings in a checkpoint."""
    vocab_size: int = 1024
    """Ids run from 0 to ``vocab_size - 1``; also the number of logits."""
    grid: tuple[int, int] = (1, 1)
    """Tokens as (height, width); a spectrum is (tokens, 1)."""
    is_sequence: bool = False
    """Any number of tokens up to ``positions`` is accepted, and positions are counted over the kept ones."""
    padding_id: int | None = None
    """Id that the codec emits where an object has no token; negative ids mean the same in every stream."""
    spare_logits: int = 0
    """Logits at the end that no code of the codec stands for."""

    @property
    def max_tokens(self) -> int:
        """Tokens of one object as a target, and as an input too unless ``is_sequence``."""
        return self.grid[0] * self.grid[1]

    @property
    def positions(self) -> int:
        """Rows of the position table."""
        return 512 if self.is_sequence else self.max_tokens  # 512: as the checkpoints have it

    @property
    def codes(self) -> int:
        """Number of ids the codec can emit."""
        return self.vocab_size - self.spare_logits


_SCALARS = {
    "tok_flux_": ("g", "r", "i", "z", "w1", "w2", "w3", "w4", "g_gaia", "bp_gaia", "rp_gaia"),
    "tok_mag_": ("g", "r", "i", "z", "y"),
    "tok_a_": ("g", "r", "i", "z", "y"),
    "tok_shape": ("11", "12", "22", "_r", "_e1", "_e2"),
    "tok_": ("ebv", "parallax", "ra", "dec"),
}

STREAMS: dict[str, TokenStream] = {
    stream.key: stream
    for stream in (
        TokenStream("tok_image", vocab_size=4375, grid=(24, 24)),
        TokenStream("tok_image_hsc", vocab_size=4375, grid=(24, 24)),
        TokenStream("tok_segmap", vocab_size=1000, grid=(12, 12)),
        TokenStream("tok_spectrum_desi", grid=(273, 1)),
        TokenStream("tok_spectrum_sdss", grid=(273, 1)),
        TokenStream("tok_xp_bp", grid=(55, 1)),
        TokenStream("tok_xp_rp", grid=(55, 1)),
        TokenStream(
            "catalog", vocab_size=3468, grid=(50, 1), is_sequence=True, padding_id=9999
        ),  # 10 objects of 5 tokens
        TokenStream(
            "tok_z", vocab_size=1025, spare_logits=1
        ),  # 1024 codes; the checkpoints have one logit more
        *(TokenStream(start + end) for start, ends in _SCALARS.items() for end in ends),
    )
}
