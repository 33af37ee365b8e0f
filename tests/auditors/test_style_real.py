"""The style auditor on real pairs, counted by the project's kernels."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from audit.auditor import audit_with
from audit.auditors.style import Style
from audit.extract.kernels import FEATURES, count_features
from audit.measure import ALL
from tests.signals_of import signals

DATA = Path(os.environ.get("AUDIT_SHARED_DATA", Path(__file__).resolve().parents[2] / ".." / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="the real data are not here")
LAST_TURN = "\n\nAssistant:"


def harmless(*, random_sides: bool = False) -> dict[str, list[object] | np.ndarray]:
    """Signal columns of HH's last turns; with `random_sides` a coin names the chosen one: an exact null."""
    with gzip.open(DATA / "hh_harmless_base_test.jsonl.gz", "rt", encoding="utf-8") as lines:
        pairs = [json.loads(line) for line in lines]
    label = np.random.default_rng(17).integers(1, 3, len(pairs)) if random_sides else np.ones(len(pairs), dtype=int)
    columns: dict[str, list[object] | np.ndarray] = {
        "label": label,
        "prompt_key": [pair["chosen"].rpartition(LAST_TURN)[0] for pair in pairs],
    }
    for side, field in (("a", "chosen"), ("b", "rejected")):
        texts = pa.array([pair[field].rpartition(LAST_TURN)[2].strip() for pair in pairs], pa.large_string())
        counts = count_features(texts)
        columns |= {f"{side}_{name}": counts[:, i] for i, name in enumerate(FEATURES)}
    return columns


@needs_data
def test_form_alone_tells_the_harmless_answer():
    """HH: length alone .599, eleven features .626 [.602, .650] found independently; the longer vector no less."""
    outcome = audit_with(Style(), signals(harmless()))
    found = {m.name: m for m in outcome.measures if m.slice == ALL}

    assert found["style.length_held_out_auc"].number == pytest.approx(0.599, abs=0.003)
    assert 0.626 < found["style.held_out_auc"].number < 0.67
    beyond = found["style.beyond_length_auc"].interval
    assert beyond is not None
    assert beyond.low > 0.02
    effects = {m.slice.value: m for m in outcome.measures if m.name == "style.feature_effect"}
    assert effects["length"].number < 1 < effects["opener_apology"].number
    assert all("; stands out" in effects[name].method for name in ("length", "first_person_share", "refusal"))


@needs_data
def test_random_labels_are_not_told():
    """The same texts with a coin for a label: the bounds hold one half and no feature stands out."""
    outcome = audit_with(Style(), signals(harmless(random_sides=True)))
    auc = next(m for m in outcome.measures if m.name == "style.held_out_auc")

    assert auc.interval is not None
    assert auc.interval.low < 0.5 < auc.interval.high
    effects = [m for m in outcome.measures if m.name == "style.feature_effect" and m.is_defined]
    assert len(effects) > 20
    assert all("does not stand out" in m.method for m in effects)
