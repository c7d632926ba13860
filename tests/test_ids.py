"""Names of many objects, and what is said of all of them at once."""

from aion.ids import Ids


def test_the_hash_of_names_does_not_follow_their_order() -> None:
    assert Ids(["b", "a"]).sha256 == Ids(["a", "b"]).sha256 != Ids(["a", "c"]).sha256
    assert Ids(["ab", "c"]).sha256 != Ids(["a", "bc"]).sha256
