"""Leave-one-out agreement, Dawid and Skene, copies, streaks: against brute force, closed forms and simulation."""

from __future__ import annotations

import numpy as np
import pytest

from audit.agreement.votes import Votes
from audit.reviewers.dawid_skene import dawid_skene, parts
from audit.reviewers.em import SMOOTHING
from audit.reviewers.habits import compared, streak_p, too_fast
from audit.reviewers.mace import mace
from audit.reviewers.one_coin import one_coin
from audit.reviewers.others import below, others, prior_votes, shrunk
from audit.reviewers.truth import known_votes, spearman
from audit.stats.multiple import benjamini_hochberg
from audit.stats.proportions import wilson

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
    model = dawid_skene(votes.item, votes.annotator, votes.category, 2)
    assert model.converged
    assert model.posterior == pytest.approx(dense_em(votes, model.rounds), abs=1e-9)
    right = (model.posterior.argmax(axis=1) == truth).mean()
    counts = votes.counts()[:, :2]
    assert right > (counts.argmax(axis=1) == truth).mean()
    assert (model.accuracy[:3] > model.accuracy[3:].max()).all()


def slow_one_coin(votes: Votes, rounds: int, answers: int) -> tuple[np.ndarray, list[float]]:
    """The model vote by vote."""
    cast_votes = list(zip(votes.item.tolist(), votes.annotator.tolist(), votes.category.tolist(), strict=True))
    items, people = votes.items, int(votes.annotator.max()) + 1
    chance = np.zeros((items, answers))
    for i, _, c in cast_votes:
        chance[i, c] += 1
    chance /= chance.sum(axis=1, keepdims=True)
    coin = [0.0] * people
    for step in range(rounds + 1):
        for j in range(people):
            own = [(i, c) for i, who, c in cast_votes if who == j]
            coin[j] = (sum(chance[i, c] for i, c in own) + SMOOTHING) / (len(own) + SMOOTHING * answers)
        if step == rounds:
            break
        prior = chance.mean(axis=0) + SMOOTHING / items
        fresh = np.tile(prior / prior.sum(), (items, 1))
        for i, j, c in cast_votes:
            for t in range(answers):
                fresh[i, t] *= coin[j] if t == c else (1 - coin[j]) / (answers - 1)
        chance = fresh / fresh.sum(axis=1, keepdims=True)
    return chance, coin


def slow_mace(votes: Votes, rounds: int, answers: int) -> tuple[np.ndarray, list[float]]:
    """The model vote by vote, with the chance of each pair of true answer and knowing spelled out."""
    cast_votes = list(zip(votes.item.tolist(), votes.annotator.tolist(), votes.category.tolist(), strict=True))
    items, people = votes.items, int(votes.annotator.max()) + 1
    chance = np.zeros((items, answers))
    for i, _, c in cast_votes:
        chance[i, c] += 1
    chance /= chance.sum(axis=1, keepdims=True)
    knew = [chance[i, c] / 2 for i, _, c in cast_votes]
    competence = [0.0] * people
    for step in range(rounds + 1):
        habit = np.full((people, answers), SMOOTHING)
        for j in range(people):
            own = [at for at, (_, who, _) in enumerate(cast_votes) if who == j]
            competence[j] = (sum(knew[at] for at in own) + SMOOTHING) / (len(own) + 2 * SMOOTHING)
            for at in own:
                habit[j, cast_votes[at][2]] += 1 - knew[at]
        habit /= habit.sum(axis=1, keepdims=True)
        if step == rounds:
            break
        fresh = np.full((items, answers), 1 / answers)
        for i, j, c in cast_votes:
            for t in range(answers):
                fresh[i, t] *= competence[j] * (t == c) + (1 - competence[j]) * habit[j, c]
        chance = fresh / fresh.sum(axis=1, keepdims=True)
        knew = [
            chance[i, c] * competence[j] / (competence[j] + (1 - competence[j]) * habit[j, c]) for i, j, c in cast_votes
        ]
    return chance, competence


def three_answers(seed: int, accuracy: list[float], items: int, each: int) -> Votes:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, items)
    who = np.argsort(rng.random((items, len(accuracy))), axis=1)[:, :each].ravel()
    item = np.repeat(np.arange(items), each)
    right = rng.random(len(who)) < np.array(accuracy)[who]
    return cast(item, who, np.where(right, truth[item], (truth[item] + rng.integers(1, 3, len(who))) % 3))


def test_one_coin_and_mace_equal_their_plain_forms() -> None:
    """Chances and parameters are those of the models written vote by vote, three answers, the same rounds."""
    votes = three_answers(7, [0.9, 0.8, 0.7, 0.5, 0.4], items=50, each=4)
    coin = one_coin(votes.item, votes.annotator, votes.category, 3)
    chance, accuracy = slow_one_coin(votes, coin.rounds, 3)
    assert coin.posterior == pytest.approx(chance, abs=1e-9)
    assert coin.accuracy == pytest.approx(np.array(accuracy), abs=1e-9)
    known = mace(votes.item, votes.annotator, votes.category, 3)
    chance, competence = slow_mace(votes, known.rounds, 3)
    assert known.posterior == pytest.approx(chance, abs=1e-9)
    assert known.competence == pytest.approx(np.array(competence), abs=1e-9)


def test_planted_accuracies_are_recovered_by_every_model() -> None:
    """Twelve people of known accuracy, 600 votes each: within four standard errors of a count, sqrt(c (1 - c) / 600).

    MACE's accuracy is competence and luck: of one who knows with c and else tosses a coin it is c + (1 - c) / 2.
    """
    planted = [0.95, 0.9, 0.9, 0.85, 0.85, 0.8, 0.8, 0.75, 0.75, 0.7, 0.6, 0.5]
    votes, truth = crowd(11, planted, items=1440, each=5)
    for fit in (dawid_skene, one_coin, mace):
        model = fit(votes.item, votes.annotator, votes.category, 2)
        error = np.sqrt(np.array(planted) * (1 - np.array(planted)) / 600)
        assert (np.abs(model.accuracy - planted) < 4 * error + 0.01).all(), fit.__name__
        assert (model.posterior.argmax(axis=1) == truth).mean() > 0.93


def test_mace_finds_the_spammer_and_their_habit() -> None:
    """One of six always answers 1: no competence, and the habit is that answer."""
    votes, _ = crowd(3, [0.85] * 6, items=300, each=4)
    category = np.where(votes.annotator == 0, 1, votes.category)
    model = mace(votes.item, votes.annotator, category, 2)
    assert model.converged
    assert model.competence[0] < 0.1 < model.competence[1:].min()
    assert model.habit[0, 1] > 0.95


def test_votes_worth_of_known_answers() -> None:
    """Known answers count one each, unknown ones nothing; the interval that they give covers as it says (90 %)."""
    assert known_votes(np.array([1.0] * 6 + [0.0] * 4)) == pytest.approx(10)
    assert known_votes(np.full(10, 0.5)) == pytest.approx(0, abs=1e-9)
    inside = []
    for seed in range(40):
        votes, _ = crowd(seed, [0.8] * 8, items=160, each=5)
        model = one_coin(votes.item, votes.annotator, votes.category, 2)
        for one in range(8):
            own = votes.annotator == one
            units = known_votes(model.posterior[votes.item[own], votes.category[own]])
            low, high = wilson(float(model.accuracy[one]) * units, units, 0.9)
            inside.append(low <= 0.8 <= high)
    assert np.mean(inside) > 0.85  # 320 intervals, Monte-Carlo error .02


def test_shrinkage_equals_its_formula() -> None:
    """(k + m s) / (n + s) by hand: m = 296 / 404, s from the moments."""
    hits, n = np.array([50, 95, 60, 90, 1]), np.array([100, 100, 100, 100, 4])
    mean, prior = 296 / 404, prior_votes(hits, n)
    assert prior is not None
    assert shrunk(hits, n) == pytest.approx((hits + mean * prior) / (n + prior))
    assert prior_votes(np.array([8, 80]), np.array([10, 100])) is None


def test_rank_correlation_equals_scipy() -> None:
    """Mid-ranks on ties."""
    from scipy.stats import spearmanr

    one, other = np.array([0.1, 0.4, 0.4, 0.9, 0.2]), np.array([3.0, 1.0, 2.0, 2.0, 5.0])
    assert spearman(one, other) == pytest.approx(spearmanr(one, other).statistic)


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


def test_common_answers_equal_counting() -> None:
    """Shared pairs and equal answers of every two of eight people, counted one by one; a rest of a few is left out."""
    votes, _ = crowd(8, [0.8] * 8, items=120, each=4)
    found = compared(votes)
    cast_votes = list(zip(votes.annotator.tolist(), votes.item.tolist(), votes.category.tolist(), strict=True))
    answers = {who: {item: answer for one, item, answer in cast_votes if one == who} for who in range(8)}
    told = []
    for one in range(8):
        for other in range(one + 1, 8):
            shared = answers[one].keys() & answers[other].keys()
            if len(shared) >= 20:
                told.append((one, other, len(shared), sum(answers[one][i] == answers[other][i] for i in shared)))
    assert list(zip(*(x.tolist() for x in (found.one, found.other, found.shared, found.same)), strict=True)) == told
