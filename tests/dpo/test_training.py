"""The loop: one pass equals two, reruns and resumed runs give the same bits, and lost runs stop."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from audit.dpo.llama import Llama, LlamaShape  # noqa: E402
from audit.dpo.logps import TokenPair, collate, logps  # noqa: E402
from audit.dpo.losses import LossOptions, PreferenceLoss  # noqa: E402
from audit.dpo.training import TrainSettings, fit, schedule  # noqa: E402
from audit.errors import AuditError, UsageError  # noqa: E402

SIGMOID = PreferenceLoss("sigmoid", LossOptions(0.5))


def some_pairs(n: int = 24) -> list[TokenPair]:
    own = random.Random(1)

    def text(most: int) -> tuple[int, ...]:
        return tuple(own.randrange(1, 50) for _ in range(own.randint(1, most)))

    return [TokenPair(text(9), (7, *text(6)), text(7)) for _ in range(n)]


def model() -> Llama:
    return Llama(LlamaShape(50, 32, 2, 4, 2, 48))


def test_one_shared_pass_equals_two_plain_ones() -> None:
    """In double precision with large weights, to rounding."""
    llama = model().double()
    with torch.no_grad():
        for weight in llama.parameters():
            weight.mul_(8)
    llama.requires_grad_(False)
    found = logps(llama, collate(some_pairs(5)))
    for i, pair in enumerate(some_pairs(5)):
        for side, sums in ((pair.chosen, found[0]), (pair.rejected, found[1])):
            ids = torch.tensor([[*pair.prompt, *side]])
            t = ids.shape[1]
            causal = torch.ones(t, t, dtype=torch.bool).tril()[None, None]
            each = (llama.hidden(ids, torch.arange(t)[None], causal) @ llama.head.T).log_softmax(-1)[0]
            plain = sum(each[k - 1, ids[0, k]] for k in range(len(pair.prompt), t))
            assert float(sums[i]) == pytest.approx(float(plain), abs=1e-9)


def test_every_pair_comes_once_an_epoch() -> None:
    """For any size, and another order in another epoch."""
    lengths = [i % 7 for i in range(101)]
    first, second = schedule(lengths, 4, 0, 0), schedule(lengths, 4, 0, 1)
    assert sorted(i for batch in first for i in batch) == list(range(101))
    assert first != second


def test_it_learns_and_reruns_give_the_same_bits() -> None:
    """The loss falls below log 2; losses and weights of two runs are equal bit by bit."""
    settings = TrainSettings(lr=3e-3, epochs=6, batch=8, micro=4)
    one, two = model(), model()
    losses = fit(one, some_pairs(), SIGMOID, settings).losses
    assert losses == fit(two, some_pairs(), SIGMOID, settings).losses
    assert losses[-1] < 0.5 < losses[0]
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


def test_micro_batches_add_up_to_the_batch() -> None:
    """Reading 2 or 8 pairs at once gives the same losses, to rounding."""
    found = [fit(model(), some_pairs(), SIGMOID, TrainSettings(lr=1e-3, batch=8, micro=m)).losses for m in (2, 8)]
    assert found[0] == pytest.approx(found[1], rel=1e-5)


@pytest.mark.parametrize("adapt", ["full", "last:1", "lora:2"])
def test_a_resumed_run_ends_in_the_same_bits(adapt: str, tmp_path: Path) -> None:
    """Interrupted after step 5 of 9 with a checkpoint at 4, gone on from it: as if nothing had happened."""
    settings = TrainSettings(lr=1e-3, epochs=3, batch=8, micro=4, adapt=adapt, checkpoint_every=4)
    whole, again = model(), model()
    expected = fit(whole, some_pairs(), SIGMOID, settings).losses

    def stop(stage: str, done: int, total: int | None) -> None:
        if stage.startswith("loss") and done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(model(), some_pairs(), SIGMOID, settings, out=tmp_path, identity="x", progress=stop)
    with pytest.raises(UsageError):
        fit(model(), some_pairs(), SIGMOID, settings, out=tmp_path, identity="y", resume=True)
    found = fit(again, some_pairs(), SIGMOID, settings, out=tmp_path, identity="x", resume=True).losses
    assert found == expected
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), again.parameters(), strict=True))
    assert len((tmp_path / "log.jsonl").read_text().splitlines()) == 9


def test_a_loss_that_is_no_number_stops_the_run() -> None:
    """One weight that is NaN: the message names the step."""
    broken = model()
    with torch.no_grad():
        broken.embedding.weight[7] = float("nan")
    with pytest.raises(AuditError, match="step 1 of"):
        fit(broken, some_pairs(), SIGMOID, TrainSettings())


def test_losses_of_the_batch_need_it_whole() -> None:
    """AOT sorts over the batch, so micro-batches are refused; so is a run without pairs."""
    with pytest.raises(UsageError, match="whole batch"):
        fit(model(), some_pairs(), PreferenceLoss("aot"), TrainSettings())
    with pytest.raises(UsageError, match="no pair"):
        fit(model(), [], SIGMOID, TrainSettings())
