"""Leave-one-out agreement, Dawid and Skene, copies, streaks: against brute force, closed forms and simulation."""

from __future__ import annotations

import numpy as np
import pytest

from audit.agreement.votes import Votes
from audit.reviewers.habits import compared, streak_p, too_fast
from audit.reviewers.models import Cast, dawid_skene, mace, one_coin, parts
from audit.reviewers.others import below, others, shrunk
from audit.stats.multiple import benjamini_hochberg

Ints = np.ndarray


def cast(item: Ints, annotator: Ints, category: Ints) -> Votes:
    order = np.lexsort((category, annotator, item))
    n, items = len(item), int(item.max()) + 1
    none, nan = np.full(n, -1), np.full(n, np.nan)
    return Votes(
        item[order], category[order], annotator[order], np.ones(n, np.bool_), none, nan, nan, item[order], (),
        np.arange(items), np.full(items, 0.5),
    )  # fmt: skip


def crowd(seed: int, accuracy: list[float], items: int = 400, each: int = 3) -> tuple[Votes, Ints]:
    """Votes of people who are right with their chances, `each` a pair, and the truth."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 2, items)
    people = np.argsort(rng.random((items, len(accuracy))), axis=1)[:, :each]
    item = np.repeat(np.arange(items), each)
    who = people.ravel()
    right = rng.random(len(who)) < np.array(accuracy)[who]
    return cast(item, who, np.where(right, truth[item], 1 - truth[item])), truth


def test_leave_one_out_equals_brute_force() -> None:
    """Each vote against the plurality of the others, even splits left out, itself never counted."""
    votes, _ = crowd(0, [0.8] * 12, items=60, each=4)
    found = others(votes)
    told = dict(zip(found.vote.tolist(), found.hit.tolist(), strict=True))
    for at in range(len(votes)):
        rest = [int(c) for i, c in zip(votes.item, votes.category, strict=True) if i == votes.item[at]]
        rest.remove(int(votes.category[at]))
        counts = sorted(((rest.count(c), c) for c in set(rest)), reverse=True)
        if len(counts) > 1 and counts[0][0] == counts[1][0]:
            assert at not in told
        else:
            assert told[at] == (counts[0][1] == votes.category[at])
    assert found.n.sum() == len(told)
    assert found.hits.sum() == sum(told.values())


def test_a_careless_reviewer_is_flagged_and_careful_ones_are_not() -> None:
    """Coin flips among people who are right nine times in ten: found nearly always; false flags are rare."""

    def flagged(seed: int, accuracy: list[float]) -> Ints:
        found = others(crowd(seed, accuracy)[0])
        rate = found.hits.sum() / found.n.sum() - 0.1
        return found.names[benjamini_hochberg(below(found.hits, found.n, rate), 0.05)]

    good = [0.9] * 12
    assert sum(0 in flagged(seed, [0.5, *good]) for seed in range(20)) >= 19
    assert sum(len(flagged(100 + seed, good)) > 0 for seed in range(40)) <= 4


def test_shrinkage_pulls_few_votes_most() -> None:
    """Nobody leaves the pool's mean without spread; with it, the one of few votes is drawn further."""
    assert shrunk(np.array([8, 80]), np.array([10, 100])) == pytest.approx([0.8, 0.8])
    hits, n = np.array([50, 95, 60, 90, 1]), np.array([100, 100, 100, 100, 4])
    pulled = shrunk(hits, n)
    raw, mean = hits / n, hits.sum() / n.sum()
    assert abs(pulled[4] - raw[4]) > abs(pulled[0] - raw[0]) > 0
    assert (np.abs(pulled - mean) <= np.abs(raw - mean)).all()


def dense_em(votes: Votes, rounds: int) -> np.ndarray:
    """The model written item by item."""
    items, people = votes.items, int(votes.annotator.max()) + 1
    cast_votes = list(zip(votes.item.tolist(), votes.annotator.tolist(), votes.category.tolist(), strict=True))
    chance = np.zeros((items, 2))
    for i, _, c in cast_votes:
        chance[i, c] += 1
    chance /= chance.sum(axis=1, keepdims=True)
    for _ in range(rounds):
        counts = np.full((people, 2, 2), 0.01)
        for i, a, c in cast_votes:
            counts[a, :, c] += chance[i]
        counts /= counts.sum(axis=2, keepdims=True)
        prior = chance.mean(axis=0) + 0.01 / items
        prior /= prior.sum()
        fresh = np.tile(prior, (items, 1))
        for i, a, c in cast_votes:
            fresh[i] *= counts[a, :, c]
        chance = fresh / fresh.sum(axis=1, keepdims=True)
    return chance


def test_dawid_skene_equals_the_plain_form_and_finds_the_truth() -> None:
    """The same chances as item by item; better than the plurality where two of three guess."""
    votes, truth = crowd(5, [0.95, 0.95, 0.95, 0.55, 0.55, 0.55], items=600, each=5)
    model = dawid_skene(Cast.of(votes.item, votes.annotator, votes.category, 2))
    assert model.converged
    assert model.posterior == pytest.approx(dense_em(votes, model.rounds), abs=1e-9)
    right = (model.posterior.argmax(axis=1) == truth).mean()
    counts = votes.counts()[:, :2]
    assert right > (counts.argmax(axis=1) == truth).mean()
    assert (model.accuracy[:3] > model.accuracy[3:].max()).all()


def plain_em(votes: Votes, rounds: int, *, spam: bool) -> tuple[np.ndarray, np.ndarray]:
    """One coin, or MACE where `spam`, vote by vote: chances of two answers, and each reviewer's chance of care."""
    items, people = votes.items, int(votes.annotator.max()) + 1
    cast_votes = list(zip(votes.item.tolist(), votes.annotator.tolist(), votes.category.tolist(), strict=True))
    chance = np.zeros((items, 2))
    for i, _, c in cast_votes:
        chance[i, c] += 1
    chance /= chance.sum(axis=1, keepdims=True)
    skill, guess = np.full(people, 0.5), np.full((people, 2), 0.5)

    def maximise() -> tuple[np.ndarray, np.ndarray]:
        cared, n, spammed = np.full(people, 0.01), np.full(people, 0.02), np.full((people, 2), 0.01)
        for i, a, c in cast_votes:
            share = skill[a] / (skill[a] + (1 - skill[a]) * guess[a, c]) if spam else 1.0
            cared[a] += chance[i, c] * share
            spammed[a, c] += 1 - chance[i, c] * share
            n[a] += 1
        return cared / n, spammed / spammed.sum(axis=1, keepdims=True) if spam else guess

    for _ in range(rounds):
        skill, guess = maximise()
        prior = chance.mean(axis=0) + 0.01 / items
        fresh = np.tile(prior / prior.sum(), (items, 1))
        for i, a, c in cast_votes:
            for true in range(2):
                if spam:
                    fresh[i, true] *= skill[a] * (true == c) + (1 - skill[a]) * guess[a, c]
                else:
                    fresh[i, true] *= skill[a] if true == c else 1 - skill[a]
        chance = fresh / fresh.sum(axis=1, keepdims=True)
    return chance, maximise()[0]


@pytest.mark.parametrize("spam", [False, True])
def test_one_coin_and_mace_equal_the_plain_form_and_know_who_guesses(*, spam: bool) -> None:
    """Guessers are right half the time: accuracy .5 by one coin; never caring, so accuracy .5 with two answers."""
    accuracy = [0.95, 0.9, 0.9, 0.5, 0.5]
    votes, truth = crowd(8, accuracy, items=500, each=4)
    model = (mace if spam else one_coin)(Cast.of(votes.item, votes.annotator, votes.category, 2))
    chance, _ = plain_em(votes, model.rounds, spam=spam)
    assert model.converged
    assert model.posterior == pytest.approx(chance, abs=1e-9)
    assert (model.posterior.argmax(axis=1) == truth).mean() > 0.9
    assert model.confusion.sum(axis=2) == pytest.approx(np.ones((5, 2)))
    # 500 pairs, 4 of 5 people each: 400 votes, so three standard errors are at most 3 sqrt(.25 / 400) = .075
    assert model.accuracy == pytest.approx(np.array(accuracy), abs=0.075)


def test_mace_tells_what_a_spammer_answers() -> None:
    """Who always answers the first has a chance of care near nought and a guess that is always the first."""
    votes, _ = crowd(9, [0.9] * 6, items=400, each=4)
    category = np.where(votes.annotator == 5, 0, votes.category)
    model = mace(Cast.of(votes.item, votes.annotator, category, 2))
    assert model.confusion[5, 1, 0] > 0.9
    assert model.confusion[:5, 1, 0].max() < 0.3


def test_pools_without_common_pairs_are_apart() -> None:
    """Two groups that share no pair are two parts; one pair in common makes them one."""
    item, who = np.array([0, 0, 1, 1]), np.array([0, 1, 2, 3])
    assert parts(item, who) == 2
    assert parts(np.append(item, 0), np.append(who, 2)) == 1
    assert parts(np.zeros(0, np.int64), np.zeros(0, np.int64)) == 0


def test_a_copy_is_found_among_honest_people() -> None:
    """Reviewer 1 answers as reviewer 0 does, on the same pairs; nobody else is called a copy."""
    rng = np.random.default_rng(2)
    truth = rng.integers(0, 2, 200)
    answers = np.where(rng.random((6, 200)) < 0.75, truth, 1 - truth)
    answers[1] = answers[0]
    item = np.tile(np.arange(200), 6)
    who = np.repeat(np.arange(6), 200)
    found = compared(cast(item, who, answers.ravel()))
    flagged = benjamini_hochberg(found.p_value, 0.05)
    assert list(zip(found.one[flagged].tolist(), found.other[flagged].tolist(), strict=True)) == [(0, 1)]
    assert found.same[flagged].tolist() == found.shared[flagged].tolist() == [200]


def test_streaks_by_simulation() -> None:
    """Honest sequences have small p values as often as they should; long streaks have tiny ones."""
    rng = np.random.default_rng(3)
    first = rng.random(40 * 400) < 0.55
    p = streak_p(first, np.repeat(np.arange(400), 40))
    assert (p < 0.05).mean() < 0.09
    lazy = streak_p(np.repeat([True, False], 20), np.zeros(40, np.int64))
    assert lazy[0] < 1e-6
    assert streak_p(np.ones(30, np.bool_), np.zeros(30, np.int64)).tolist() == [1.0]


def test_nobody_reads_so_fast() -> None:
    """More than fifteen words a second; what is not recorded is not too fast."""
    assert too_fast(np.array([100.0, 100.0, 100.0]), np.array([5.0, 10.0, np.nan])).tolist() == [True, False, False]
