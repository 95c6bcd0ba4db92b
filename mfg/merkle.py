"""RFC 6962 Merkle log arithmetic: leaves, roots, frontiers, inclusion and consistency proofs.

Pure functions of bytes. It knows no database and no signature; `ledger.py` keeps what it computes.
Hashing follows RFC 6962 section 2.1: a leaf is SHA-256(0x00 || bytes), a node SHA-256(0x01 || left || right).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of one entry's stored bytes."""
    return sha256(b"\x00" + leaf).digest()


def leaf_hashes(leaves: Iterable[bytes]) -> list[bytes]:
    """The same of many, without a call for each: verification hashes every entry there is."""
    return [sha256(b"\x00" + leaf).digest() for leaf in leaves]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()


class Frontier:
    """The full subtrees of a growing log, largest first: all that is needed to append and to know the root.

    `size` leaves are in the log; the binary digits of `size` say which subtrees exist.
    """

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        if bin(size).count("1") != len(nodes):
            raise ValueError(f"A log of {size} leaves has {bin(size).count('1')} subtrees, not {len(nodes)}.")
        self.size = size
        self.nodes = list(nodes)

    @classmethod
    def from_bytes(cls, size: int, packed: bytes) -> Frontier:
        """Read what `packed` wrote; 32 bytes a subtree."""
        return cls(size, [packed[at : at + 32] for at in range(0, len(packed), 32)])

    @property
    def packed(self) -> bytes:
        """The subtrees as bytes, for one column."""
        return b"".join(self.nodes)

    def append(self, hashed_leaf: bytes) -> None:
        """Add one leaf hash, merging every pair of subtrees of the same size."""
        self.extend((hashed_leaf,))

    def extend(self, hashed_leaves: Iterable[bytes]) -> None:
        """Add leaf hashes in order. The loop is flat because verification runs it for every entry there is."""
        size, nodes = self.size, self.nodes
        for node in hashed_leaves:
            rest = size
            while rest & 1:
                node = sha256(b"\x01" + nodes.pop() + node).digest()
                rest >>= 1
            nodes.append(node)
            size += 1
        self.size = size

    @property
    def root(self) -> bytes:
        """Root over all leaves so far."""
        if not self.nodes:
            return EMPTY_ROOT
        node = self.nodes[-1]
        for left in reversed(self.nodes[:-1]):
            node = node_hash(left, node)
        return node


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Root over a list of leaf hashes."""
    frontier = Frontier()
    for hashed in hashes:
        frontier.append(hashed)
    return frontier.root


def _split(size: int) -> int:
    """The largest power of two smaller than size."""
    return 1 << ((size - 1).bit_length() - 1)


class Tree:
    """All subtree hashes of a log, computed once: after that a proof is a walk up, not a new calculation.

    `levels[0]` are the leaf hashes, the last level is the root. A node without a neighbour moves up
    unchanged, which gives the same tree as the recursive definition of RFC 6962 section 2.1.
    """

    def __init__(self, hashes: Sequence[bytes]) -> None:
        self.levels = [list(hashes)]
        while len(below := self.levels[-1]) > 1:
            above = [node_hash(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)]
            self.levels.append(above + below[len(above) * 2 :])

    @property
    def root(self) -> bytes:
        """Root over all leaves."""
        return self.levels[-1][0] if self.levels[0] else EMPTY_ROOT

    def proof(self, index: int) -> list[bytes]:
        """The sibling hashes that prove leaf `index` lies in this log (RFC 6962 section 2.1.1)."""
        if not 0 <= index < len(self.levels[0]):
            raise ValueError(f"Leaf {index} is not in a log of {len(self.levels[0])}.")
        siblings = [(level, (index >> height) ^ 1) for height, level in enumerate(self.levels)]
        return [level[at] for level, at in siblings if at < len(level)]


def inclusion_proof(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """The proof for one leaf; for many leaves of one log make a Tree."""
    return Tree(hashes).proof(index)


def included(hashed_leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Does the proof lead from this leaf to this root? (RFC 9162 section 2.1.3.2)"""
    if not 0 <= index < size:
        return False
    at, last, node = index, size - 1, hashed_leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            node = node_hash(sibling, node)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and node == root


def consistency_proof(hashes: Sequence[bytes], earlier: int) -> list[bytes]:
    """Proof that the log of the first `earlier` leaves is a prefix of this log (RFC 6962 section 2.1.2)."""
    if not 0 < earlier <= len(hashes):
        raise ValueError(f"No log of {earlier} leaves lies in one of {len(hashes)}.")
    return _subproof(hashes, earlier, whole=True)


def _subproof(hashes: Sequence[bytes], earlier: int, *, whole: bool) -> list[bytes]:
    if earlier == len(hashes):
        return [] if whole else [root_of(hashes)]
    half = _split(len(hashes))
    if earlier <= half:
        return [*_subproof(hashes[:half], earlier, whole=whole), root_of(hashes[half:])]
    return [*_subproof(hashes[half:], earlier - half, whole=False), root_of(hashes[:half])]


def consistent(earlier: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Is the old root that of a prefix of the log with the new root? (RFC 9162 section 2.1.4.2)"""
    if earlier == size:
        return not proof and old_root == root
    if not 0 < earlier < size or not proof:
        return False
    nodes = list(proof) if earlier & (earlier - 1) else [old_root, *proof]
    at, last = earlier - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old = new = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old, new = node_hash(node, old), node_hash(node, new)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            new = node_hash(new, node)
        at, last = at >> 1, last >> 1
    return last == 0 and old == old_root and new == root
