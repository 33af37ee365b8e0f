"""`assert_certified` at the top of a training script: goes on for exactly what was certified, refuses all else."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import audit
from audit.certificate.signing import CERTIFICATE_NAME, sign_result
from audit.certificate.trust import TrustPolicy
from audit.errors import UsageError, VerificationError
from audit.training import TrainingSpec, load_spec
from tests.certificate import issued

TOML = Path(__file__).parents[2] / "fixtures" / "training" / "training.toml"
SPEC = load_spec(TOML)


@cache
def certificate() -> tuple[bytes, TrustPolicy]:
    """A certificate that binds the training specification, and a policy that trusts it."""
    case = issued.made()
    signed = sign_result(case.document, case.rows, replace(issued.plain_issue(), spec=SPEC), issued.KEY)
    return signed.bundles[CERTIFICATE_NAME], issued.policy_of(case.document)


def certified(dataset: object, spec: TrainingSpec | Path = SPEC, **changes: Any) -> Any:
    bundle, trust = certificate()
    arguments = {"certificate": bundle, "trust": trust, "now": issued.AT} | changes
    return audit.assert_certified(dataset, spec, **arguments)


def test_certified_data_train_from_any_container(tmp_path: Path) -> None:
    """The file, a re-ordered Parquet copy, an Arrow table and a DataFrame of the same rows go through."""
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(issued.lines(issued.PAIRS))
    table = pa.Table.from_pylist(issued.PAIRS[::-1])
    pq.write_table(table, tmp_path / "pairs.parquet")
    for dataset in (path, [str(path)], tmp_path / "pairs.parquet", table, pd.DataFrame(issued.PAIRS)):
        assert certified(dataset).accepted


@pytest.mark.slow
def test_a_hugging_face_dataset_goes_through() -> None:
    """What a trainer usually holds."""
    datasets = pytest.importorskip("datasets")
    assert certified(datasets.Dataset.from_list(issued.PAIRS)).accepted
    with pytest.raises(VerificationError, match=r"rows\.n"):
        certified(datasets.Dataset.from_list(issued.PAIRS[1:]))


def test_certificate_specification_and_trust_may_be_files(tmp_path: Path) -> None:
    """The specification and certificate are read from disk."""
    path = tmp_path / "certificate.sigstore.json"
    path.write_bytes(certificate()[0])
    assert certified(pa.Table.from_pylist(issued.PAIRS), TOML, certificate=path).accepted
    with pytest.raises(UsageError, match="cannot be read"):
        certified(pa.Table.from_pylist(issued.PAIRS), TOML, certificate=tmp_path / "none.json")


FLIPPED = [{**issued.PAIRS[0], "chosen": issued.PAIRS[0]["rejected"], "rejected": issued.PAIRS[0]["chosen"]}]


@pytest.mark.parametrize(
    ("rows", "field", "got", "expected"),
    [
        (FLIPPED + issued.PAIRS[1:], "rows.setRoot", None, None),
        (issued.PAIRS[1:], "rows.n", "7", "8"),
        ([*issued.PAIRS, issued.PAIRS[0]], "rows.n", "9", "8"),
    ],
    ids=["flipped", "dropped", "doubled"],
)
def test_other_rows_do_not_train(rows: list[dict[str, str]], field: str, got: str | None, expected: str | None) -> None:
    """One pair flipped, dropped or doubled: the field is named, with what was got and what is certified."""
    with pytest.raises(VerificationError, match=field.replace(".", r"\.")) as caught:
        certified(pa.Table.from_pylist(rows))
    assert f"got: {got or ''}" in str(caught.value)
    expected = expected or issued.made().rows.set_root
    assert f"{expected} (certified)" in str(caught.value).replace("'", "")


@pytest.mark.parametrize(
    ("key", "value"),
    [("beta", "0.2"), ("maxLength", 512), ("truncation", "keep_end"), ("objective", "ipo"), ("labelSmoothing", "0.1")],
)
def test_other_settings_do_not_train(key: str, value: object) -> None:
    """The first setting that differs is named."""
    with pytest.raises(VerificationError, match=rf"training\.{key}") as caught:
        certified(pa.Table.from_pylist(issued.PAIRS), TrainingSpec(SPEC.to_json() | {key: value}))
    assert repr(value) in str(caught.value)


def test_a_certificate_of_no_training_does_not_train() -> None:
    """A structural certificate says nothing of the training, so the hook refuses it."""
    with pytest.raises(VerificationError, match="binds no training specification"):
        certified(pa.Table.from_pylist(issued.PAIRS), certificate=issued.made().bundle)


def test_nobody_trusted_does_not_train() -> None:
    """A key that the policy does not list is refused before any row is read."""
    _, trust = certificate()
    other = replace(trust, keys=(replace(trust.keys[0], key=issued.OTHER_KEY.public),))
    with pytest.raises(VerificationError, match="not certified"):
        certified("no/such/file.jsonl", trust=other)


def test_flipped_bytes_of_the_certificate_do_not_train() -> None:
    """A sample of damaged bundles is refused, each by a named error."""
    bundle = certificate()[0]
    for at in range(0, len(bundle), len(bundle) // 40):
        with pytest.raises(VerificationError):
            certified("no/such/file.jsonl", certificate=bundle[:at] + bytes([bundle[at] ^ 1]) + bundle[at + 1 :])
