"""The Merkle tree over the leaves of a block (RFC 6962): its root, and the path of one leaf."""

from collections.abc import Sequence

from seals.check_proof import NODE, digest


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over at least one leaf, in their order."""
    return _levels(leaves)[-1][0]


def path_of(leaves: Sequence[bytes], place: int) -> list[bytes]:
    """What stands beside the way from the leaf at `place` up to the root, from below."""
    path = []
    for level in _levels(leaves)[:-1]:
        beside = place ^ 1
        if beside < len(level):
            path.append(level[beside])
        place //= 2
    return path


def _levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """From the leaves up. A node without a neighbour goes up as it is: the shape of RFC 6962."""
    assert leaves, "a tree has leaves"
    levels = [list(leaves)]
    while len(levels[-1]) > 1:
        below = levels[-1]
        above = [
            digest(NODE, left, right) for left, right in zip(below[::2], below[1::2], strict=False)
        ]
        if len(below) % 2:
            above.append(below[-1])
        levels.append(above)
    return levels
