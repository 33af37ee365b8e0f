"""Sampling: published vectors, equal chances, and no choice left to anyone."""

from __future__ import annotations

import hashlib
from collections import Counter

import pytest
from scipy.stats import chisquare

from audit.certificate.sampling import sample_places, sample_seed
from audit.errors import UsageError

ROOT = "00" * 31 + "01"
NONCE = bytes(range(16))
SEEDS = (
    "481401dd357239eb82909d6577f68dc1d3a91d50d4168ce44b194e380abd0d81",
    "1fd106872fadd7efee5899315227890cce2290aba32d0ae36a3dbf893e0dffef",
)
VECTORS = [
    (
        ROOT,
        NONCE,
        "481401dd357239eb82909d6577f68dc1d3a91d50d4168ce44b194e380abd0d81",
        1000,
        5,
        [393, 570, 592, 653, 919],
    ),
    (
        "ff" * 32,
        b"a buyer's own nonce",
        "1fd106872fadd7efee5899315227890cce2290aba32d0ae36a3dbf893e0dffef",
        100,
        4,
        [33, 36, 62, 81],
    ),
]


@pytest.mark.parametrize(("root", "nonce", "seed", "n", "size", "places"), VECTORS)
def test_the_published_vectors(root: str, nonce: bytes, seed: str, n: int, size: int, places: list[int]) -> None:
    """The vectors of docs/certificate.md, for whoever writes this anew."""
    got = sample_seed(root, nonce)

    assert got.hex() == seed
    assert sample_places(got, n, size) == places


def test_the_seed_is_one_hash() -> None:
    """Counted by hand: the scheme's 13 bytes, 32 of the root, the nonce."""
    expected = hashlib.sha256(b"dpo-sample/v1" + bytes(31) + b"\x01" + NONCE).digest()

    assert sample_seed(ROOT, NONCE) == expected


def test_rows_and_nonce_both_decide() -> None:
    """Another row set or another nonce gives another sample."""
    seeds = {sample_seed(r, n) for r in (ROOT, "ab" * 32) for n in (NONCE, NONCE[::-1])}

    assert len(seeds) == 4
    assert len({tuple(sample_places(seed, 10_000, 20)) for seed in seeds}) == 4


def test_a_larger_sample_holds_the_smaller() -> None:
    """Asking for more rows does not change those already read."""
    seed = sample_seed(ROOT, NONCE)

    assert set(sample_places(seed, 500, 20)) <= set(sample_places(seed, 500, 21))
    assert sample_places(seed, 7, 7) == list(range(7))


def test_every_place_is_as_likely() -> None:
    """12,000 draws over 12 places: a chi-square that a fair draw exceeds once in ten thousand."""
    drawn = Counter(
        place for i in range(4000) for place in sample_places(sample_seed(ROOT, i.to_bytes(16, "big")), 12, 3)
    )

    assert sum(drawn.values()) == 12_000
    assert chisquare([drawn[place] for place in range(12)]).pvalue > 1e-4


@pytest.mark.parametrize(("root", "nonce"), [("00" * 31, NONCE), ("zz" * 32, NONCE), (ROOT, b"short"), (ROOT, b"")])
def test_a_root_or_nonce_that_is_none_is_refused(root: str, nonce: bytes) -> None:
    """A nonce of few bytes could be tried out until the sample pleases."""
    with pytest.raises(UsageError):
        sample_seed(root, nonce)


@pytest.mark.parametrize(("n", "size"), [(5, 6), (5, 0), (0, 1), (0, 0)])
def test_a_sample_that_cannot_be_is_refused(n: int, size: int) -> None:
    """No more rows than there are, and at least one."""
    with pytest.raises(UsageError):
        sample_places(bytes(32), n, size)
