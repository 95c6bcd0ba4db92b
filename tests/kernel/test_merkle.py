"""Merkle log arithmetic against RFC 6962's own vectors and against a second, naive implementation."""

from __future__ import annotations

from hashlib import sha256
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mfg import merkle, offline_verifier

# The leaves and roots of the reference tests of Certificate Transparency (RFC 6962).
LEAVES = [bytes.fromhex(one) for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                                         "606162636465666768696a6b6c6d6e6f")]
ROOTS = {
    0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    4: "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    5: "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    6: "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    7: "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
}
# (size, index, proof)
INCLUSION = [
    (1, 0, []),
    (8, 0, ["96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"]),
    (8, 5, ["bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"]),
]

logs = st.lists(st.binary(max_size=4), min_size=1, max_size=40)


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1 word for word: split at the largest power of two below the size."""
    if len(leaves) < 2:
        return sha256(b"\x00" + leaves[0]).digest() if leaves else sha256(b"").digest()
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\x01" + naive_root(leaves[:half]) + naive_root(leaves[half:])).digest()


def naive_path(leaves: list[bytes], index: int) -> list[bytes]:
    """RFC 6962 section 2.1.1 word for word."""
    if len(leaves) == 1:
        return []
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    if index < half:
        return [*naive_path(leaves[:half], index), naive_root(leaves[half:])]
    return [*naive_path(leaves[half:], index - half), naive_root(leaves[:half])]


def hashed(leaves: list[bytes]) -> list[bytes]:
    return [merkle.leaf_hash(leaf) for leaf in leaves]


@pytest.mark.parametrize("size", ROOTS)
def test_the_roots_are_those_of_the_published_vectors_however_they_are_computed(size: int) -> None:
    hashes = hashed(LEAVES[:size])
    found = {merkle.root_of(hashes).hex(), merkle.Tree(hashes).root.hex(), naive_root(LEAVES[:size]).hex()}
    assert found == {ROOTS[size]}


@pytest.mark.parametrize(("size", "index", "proof"), INCLUSION)
def test_inclusion_proofs_are_those_of_the_published_vectors(size: int, index: int, proof: list[str]) -> None:
    assert [one.hex() for one in merkle.Tree(hashed(LEAVES[:size])).proof(index)] == proof


def test_the_log_of_a_leaf_is_not_the_log_of_an_inner_node() -> None:
    """Without the prefixes 0 and 1 somebody could pass an inner node off as an entry."""
    left, right = hashed(LEAVES[:2])
    assert merkle.leaf_hash(left + right) != merkle.node_hash(left, right)


@given(logs)
def test_the_root_is_that_of_the_definition_after_every_single_append(leaves: list[bytes]) -> None:
    frontier = merkle.Frontier()
    for size, leaf in enumerate(leaves, 1):
        frontier.append(merkle.leaf_hash(leaf))
        assert frontier.root == naive_root(leaves[:size])
        frontier = merkle.Frontier.from_bytes(frontier.size, frontier.packed)


@given(logs, st.lists(st.integers(0, 40)))
def test_appending_many_at_once_is_the_same_as_one_by_one(leaves: list[bytes], cuts: list[int]) -> None:
    frontier = merkle.Frontier()
    for start, stop in pairwise(sorted({0, len(leaves), *(cut for cut in cuts if cut < len(leaves))})):
        frontier.extend(hashed(leaves[start:stop]))
    assert (frontier.size, frontier.root) == (len(leaves), naive_root(leaves))


@given(logs, st.data())
def test_every_leaf_has_a_proof_that_two_verifiers_accept(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof, root = merkle.inclusion_proof(hashed(leaves), index), naive_root(leaves)
    assert proof == naive_path(leaves, index)
    assert merkle.included(merkle.leaf_hash(leaves[index]), index, len(leaves), proof, root)
    assert offline_verifier.included(leaves[index], index, len(leaves), proof, root)


@given(logs, st.data())
@settings(max_examples=200)
def test_a_proof_with_anything_changed_proves_nothing(leaves: list[bytes], data: st.DataObject) -> None:
    size, root = len(leaves), naive_root(leaves)
    index = data.draw(st.integers(0, size - 1))
    leaf, proof = leaves[index], merkle.inclusion_proof(hashed(leaves), index)
    other = data.draw(st.integers(0, size - 1).filter(lambda one: leaves[one] != leaf or one == index))
    cut = data.draw(st.integers(0, max(0, len(proof) - 1)))
    wrong = [
        (leaf + b"x", index, size, proof, root),
        (leaf, index, size, proof, sha256(root).digest()),
        (leaf, index, size, [*proof, root], root),
        (leaf, size, size, proof, root),
        (leaf, -1, size, proof, root) if size > 1 else (leaf, 1, size, proof, root),
    ]
    if proof:
        wrong += [(leaf, index, size, proof[:cut], root),
                  (leaf, index, size, [*proof[:cut], sha256(proof[cut]).digest(), *proof[cut + 1:]], root)]
    if other != index:
        wrong.append((leaf, other, size, merkle.inclusion_proof(hashed(leaves), other), root))
    for leaf_, at, size_, proof_, root_ in wrong:
        assert not merkle.included(merkle.leaf_hash(leaf_), at, size_, proof_, root_)


@given(logs, st.data())
def test_a_log_that_grew_is_consistent_with_what_it_was(leaves: list[bytes], data: st.DataObject) -> None:
    earlier = data.draw(st.integers(1, len(leaves)))
    proof = merkle.consistency_proof(hashed(leaves), earlier)
    assert merkle.consistent(earlier, naive_root(leaves[:earlier]), len(leaves), naive_root(leaves), proof)


@given(logs, st.data())
@settings(max_examples=200)
def test_a_log_whose_past_was_rewritten_is_not_consistent(leaves: list[bytes], data: st.DataObject) -> None:
    earlier = data.draw(st.integers(1, len(leaves)))
    at = data.draw(st.integers(0, earlier - 1))
    rewritten = [*leaves[:at], leaves[at] + b"!", *leaves[at + 1:]]
    old, root = naive_root(leaves[:earlier]), naive_root(rewritten)
    proof = merkle.consistency_proof(hashed(rewritten), earlier)
    honest = merkle.consistency_proof(hashed(leaves), earlier)
    assert not merkle.consistent(earlier, old, len(leaves), root, proof)
    assert not merkle.consistent(earlier, old, len(leaves), root, honest)
    assert not merkle.consistent(earlier, old, len(leaves), naive_root(leaves), [*honest, root])
    for cut in range(len(honest)):
        changed = [*honest[:cut], sha256(honest[cut]).digest(), *honest[cut + 1:]]
        assert not merkle.consistent(earlier, old, len(leaves), naive_root(leaves), changed)
        assert not merkle.consistent(earlier, old, len(leaves), naive_root(leaves), honest[:cut])


def test_there_is_no_proof_for_what_is_not_in_the_log() -> None:
    hashes = hashed(LEAVES)
    for index in (-1, 8):
        with pytest.raises(ValueError, match="not in a log of 8"):
            merkle.inclusion_proof(hashes, index)
    for earlier in (0, 9):
        with pytest.raises(ValueError, match="lies in one of 8"):
            merkle.consistency_proof(hashes, earlier)
    assert not merkle.consistent(0, merkle.EMPTY_ROOT, 8, merkle.root_of(hashes), [])


@pytest.mark.parametrize(("size", "nodes"), [(1, 0), (2, 2), (3, 1)])
def test_a_frontier_that_does_not_fit_its_size_is_refused(size: int, nodes: int) -> None:
    with pytest.raises(ValueError, match="subtrees"):
        merkle.Frontier(size, [bytes(32)] * nodes)


def test_many_proofs_of_a_long_log_cost_little_more_than_one() -> None:
    """Counted in hashes, not in seconds: the tree is computed once, a proof computes nothing."""
    tree = merkle.Tree(hashed([str(number).encode() for number in range(5000)]))
    assert sum(map(len, tree.levels[1:])) <= 5000 + 13
    assert all(len(tree.proof(index)) <= 13 for index in range(0, 5000, 7))
