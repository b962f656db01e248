"""Check the proof of an entry: this file, Python and `cryptography` are all that is needed.

    python check_proof.py PROOF.json [--key KEYS.json | --key HEX] [--head HEAD.json]

A proof shows parts of one entry and hides others behind their digests. It leads from the parts to
a block, from the block along the chain to a head, and from the head to a signature. Who trusts the
key, or holds a head that was published, needs to trust nothing else: no server and no database.
"""

import hashlib
import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT: Final = 1
LEAF, NODE, PART, BLOCK = (bytes([tag]) for tag in range(4))
"""Each kind of hash begins with a byte of its own, so that none passes for another (RFC 6962)."""
SIGNED: Final = b"meguri block\n"


class Unproven(Exception):  # noqa: N818  (it is an answer, not a mishap)
    """What the proof says does not follow from it; the text says which step failed."""


def canonical(value: object) -> bytes:
    """JSON in the one form that is hashed: sorted names, no spaces, UTF-8, no fractions."""
    _refuse_fractions(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest(tag: bytes, *pieces: bytes) -> bytes:
    """SHA-256 of a tagged sequence of bytes."""
    return hashlib.sha256(tag + b"".join(pieces)).digest()


def part_digest(salt: bytes, content: bytes) -> bytes:
    """What stands in a leaf for a part. Without the 16 bytes of salt nobody can guess the part."""
    return hashlib.sha256(PART + salt + content).digest()


def fold(leaf: bytes, place: int, size: int, path: list[bytes]) -> bytes:
    """The root of a tree of `size` leaves in which `leaf` stands at `place` (RFC 9162, 2.1.3.2)."""
    if not 0 <= place < size:
        raise Unproven("the leaf's place is not in the tree")
    node, last = leaf, size - 1
    for beside in path:
        if last == 0:
            raise Unproven("the path is too long")
        if place % 2 or place == last:
            node = digest(NODE, beside, node)
            while place % 2 == 0 and place:
                place, last = place // 2, last // 2
        else:
            node = digest(NODE, node, beside)
        place, last = place // 2, last // 2
    if last:
        raise Unproven("the path is too short")
    return node


def block_hash(header: dict[str, Any]) -> bytes:
    """What names a block, and what its successors and its signature refer to."""
    return digest(BLOCK, canonical(header))


def skipped_to(number: int) -> int:
    """The block whose hash stands as `skip` in block `number`: far back, so that chains are short.

    As far as the smallest part of the number, which is made up of the largest parts 1, 3, 7, 15, …
    that fit (Myers, *An applicative random-access stack*, 1983). From any block to any earlier one
    it takes no more than about twice as many steps as the number has bits.
    """
    rest, part = number, 0
    while rest:
        part = (1 << (rest + 1).bit_length() - 1) - 1
        rest -= part
    return number - part


def check_signature(head: dict[str, Any], public: bytes) -> None:
    """Raises `Unproven` unless the owner of the key signed this head."""
    key = Ed25519PublicKey.from_public_bytes(public)
    try:
        key.verify(bytes.fromhex(head["signature"]), SIGNED + block_hash(head["header"]))
    except InvalidSignature:
        raise Unproven("the head is not signed by this key") from None


def check(proof: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parts that the proof shows, by name, and the head that they lead to.

    Whoever calls compares the head with a published one, or checks its signature. Raises
    `Unproven` where a step does not follow, and KeyError, TypeError or ValueError for no proof.
    """
    if proof["format"] != FORMAT:
        raise Unproven(f"proofs of format {FORMAT} are known, not {proof['format']}")
    digests, shown = [], {}
    for part in proof["parts"]:
        if "digest" in part:
            digests.append(bytes.fromhex(part["digest"]))
            continue
        name, value = part["content"]
        digests.append(part_digest(bytes.fromhex(part["salt"]), canonical(part["content"])))
        if name in shown:
            raise Unproven(f"two parts are called {name}")
        shown[name] = value
    header = proof["block"]
    entry = shown["entry"]
    size = header["last_seq"] - header["first_seq"] + 1
    path = [bytes.fromhex(beside) for beside in proof["path"]]
    root = fold(digest(LEAF, *digests), entry["seq"] - header["first_seq"], size, path)
    if root.hex() != header["root"]:
        raise Unproven("the entry is not in its block")
    if entry["region"] != header["region"]:
        raise Unproven("the entry is of another region than its block")
    _follow(proof["head"]["header"], proof["chain"], header)
    return shown, proof["head"]


def _follow(head: dict[str, Any], chain: list[dict[str, Any]], block: dict[str, Any]) -> None:
    """From the head back to the block: each header names the next one by number and hash."""
    at = head
    for header in [*chain, block] if at != block else chain:
        links = {at["number"] - 1: at["previous"], skipped_to(at["number"]): at["skip"]}
        if links.get(header["number"]) != block_hash(header).hex():
            raise Unproven(f"block {at['number']} does not name block {header['number']}")
        at = header
    if at != block:
        raise Unproven("the chain does not reach the block")


def read_keys(given: str) -> dict[str, bytes]:
    """Public keys by their ids: from the text of a published `keys.json`, or 64 hex digits."""
    if len(given.strip()) == 64:
        public = bytes.fromhex(given)
        return {key_id(public): public}
    keys = [bytes.fromhex(key["public"]) for key in json.loads(given)["keys"]]
    return {key_id(public): public for public in keys}


def key_id(public: bytes) -> str:
    """The name of a key: the beginning of its SHA-256."""
    return hashlib.sha256(public).hexdigest()[:16]


def check_against(proof: dict[str, Any], key: str | None, published: str | None) -> dict[str, Any]:
    """The shown parts, once the proof is checked against a key, a published head, or both.

    Raises `Unproven`; also when neither is given, since anybody can sign with a key of their own.
    """
    shown, head = check(proof)
    if key is None and published is None:
        raise Unproven("name the issuer's key, or a head that was published, to check against")
    if published is not None and json.loads(published)["header"] != head["header"]:
        raise Unproven("the proof leads to another head than the one that was published")
    if key is not None:
        keys = read_keys(key)
        if head["key"] not in keys:
            raise Unproven(f"the head is signed with key {head['key_id']}, which is none of these")
        check_signature(head, keys[head["key"]])
    return shown


def _refuse_fractions(value: object) -> None:
    if isinstance(value, dict):
        for inner in value.values():
            _refuse_fractions(inner)
    elif isinstance(value, list):
        for inner in value:
            _refuse_fractions(inner)
    elif isinstance(value, float):
        raise Unproven("there is no number with a fraction in a proof")


def main(words: list[str] | None = None) -> int:
    """Check the proof in a file; 0 if it holds, 1 if it does not."""
    parser = ArgumentParser("check-proof", description="Check the proof of an entry.")
    parser.add_argument("proof", type=Path)
    parser.add_argument("--key", help="published keys.json, or the key as 64 hex digits")
    parser.add_argument("--head", type=Path, help="a published head that the proof must lead to")
    given = parser.parse_args(words)
    try:
        is_file = given.key is not None and Path(given.key).is_file()
        key = Path(given.key).read_text() if is_file else given.key
        head = given.head.read_text() if given.head is not None else None
        shown = check_against(json.loads(given.proof.read_text()), key, head)
    except Unproven as error:
        sys.stdout.write(f"NOT PROVEN: {error}\n")
        return 1
    except (KeyError, TypeError, ValueError, OSError, RecursionError) as error:
        sys.stdout.write(f"NOT PROVEN: no proof can be read there ({type(error).__name__})\n")
        return 1
    sys.stdout.write(json.dumps(shown, indent=2, ensure_ascii=False) + "\nPROVEN\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
