"""The training specification: read strictly, carried as decimals and digests, and the same wherever its files lie."""

from __future__ import annotations

import hashlib
import json
import shutil
import tomllib
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.canonical import canonical_json, digest
from audit.cli import main
from audit.errors import UsageError
from audit.training import SPEC_KEYS, Objective, decimal_text, load_spec
from audit.training_files import folder_digest

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "fixtures" / "training"
EXAMPLE = (FOLDER / "training.toml").read_text(encoding="utf-8")
SCHEMA = jsonschema.Draft202012Validator(
    json.loads((ROOT / "reports" / "training-spec.schema.json").read_text(encoding="utf-8"))
)
Change = tuple[str, str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example's files, to be changed."""
    shutil.copytree(FOLDER, tmp_path / "spec")
    return tmp_path / "spec"


def written(folder: Path, *changes: Change) -> Path:
    """The example with pieces of its text replaced."""
    text = EXAMPLE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = folder / "training.toml"
    path.write_text(text, encoding="utf-8")
    return path


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_the_example_is_read_field_by_field() -> None:
    """What the file says is what a certificate binds, under the certificate's names."""
    spec = load_spec(FOLDER / "training.toml")
    assert spec.to_json() == {
        "objective": "sigmoid",
        "beta": "0.1",
        "labelSmoothing": "0",
        "maxLength": 1024,
        "maxPromptLength": 512,
        "truncation": "keep_start",
        "precision": "bf16",
        "policyModel": {"uri": "https://models.example/desk-7b", "revision": "4f1c2d9", "digest": None},
        "referenceModel": {"mode": "same", "uri": None, "revision": None, "digest": None},
        "tokenizer": {
            "uri": None,
            "revision": None,
            "digest": None,
            "files": [
                {
                    "name": "tokenizer_config.json",
                    "sha256": sha256((FOLDER / "tokenizer_config.json").read_bytes()),
                }
            ],
        },
        "chatTemplate": {"mode": "file", "sha256": sha256((FOLDER / "chat_template.jinja").read_bytes())},
        "trainer": {"name": "trl.DPOTrainer", "version": "1.16.0"},
    }
    assert spec.digest == digest(spec.to_json()) == "sha256:" + sha256(canonical_json(spec.to_json()))


def test_the_schema_describes_the_example() -> None:
    """The published schema accepts it, and knows the same keys as the reader."""
    SCHEMA.validate(tomllib.loads(EXAMPLE))
    described = SCHEMA.schema["properties"]
    assert described.keys() == SPEC_KEYS.keys()
    assert described["objective"]["enum"] == [str(objective) for objective in Objective]
    assert set(SCHEMA.schema["required"]) == {name for name, key in SPEC_KEYS.items() if key.required}


def test_the_digest_does_not_depend_on_the_place(folder: Path) -> None:
    """A copy elsewhere, numbers as text, keys in another order: the same digest."""
    spec = load_spec(FOLDER / "training.toml")
    assert load_spec(folder / "training.toml").digest == spec.digest
    assert load_spec(written(folder, ("beta = 0.1", 'beta = "0.10"'))).digest == spec.digest
    assert load_spec(written(folder, ("beta = 0.1", "beta = 1e-1"))).digest == spec.digest
    assert load_spec(written(folder, ("label_smoothing = 0.0", ""))).digest == spec.digest


@pytest.mark.parametrize(
    "change",
    [
        ("beta = 0.1", "beta = 0.1000000000000000001"),
        ("max_length = 1024", "max_length = 1025"),
        ('objective = "sigmoid"', 'objective = "hinge"'),
        ('version = "1.16.0"', 'version = "1.16.1"'),
        ('revision = "4f1c2d9"', 'revision = "4f1c2da"'),
        ('mode = "same"', 'mode = "other"\nuri = "https://models.example/desk-7b"\nrevision = "4f1c2d9"'),
    ],
)
def test_any_change_of_a_setting_changes_the_digest(folder: Path, change: Change) -> None:
    """Even in the nineteenth decimal, where a double would not see it."""
    assert load_spec(written(folder, change)).digest != load_spec(FOLDER / "training.toml").digest


def test_a_changed_file_changes_the_digest(folder: Path) -> None:
    """The template's content is bound, not its name."""
    before = load_spec(folder / "training.toml").digest
    (folder / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    assert load_spec(folder / "training.toml").digest != before


FAULTS: list[tuple[Change, str, str]] = [
    (("beta = 0.1", "beta = 0"), "beta", "above 0"),
    (("beta = 0.1", "beta = -0.1"), "beta", "above 0"),
    (("beta = 0.1", "beta = nan"), "beta", "above 0"),
    (("beta = 0.1", "beta = inf"), "beta", "above 0"),
    (("beta = 0.1", "beta = 1e999999"), "beta", "above 0"),
    (("beta = 0.1", "beta = true"), "beta", "above 0"),
    (("beta = 0.1", 'beta = "a tenth"'), "beta", "above 0"),
    (("beta = 0.1", 'beta = "\u0661"'), "beta", "above 0"),
    (("beta = 0.1", ""), "beta", "missing"),
    (("beta = 0.1", "betta = 0.1"), "betta", "did you mean 'beta'"),
    (("beta = 0.1", "betta = 0.1"), "betta", "also: beta: required, but missing"),
    (("label_smoothing = 0.0", "label_smoothing = 0.5"), "label_smoothing", "below 0.5"),
    (('objective = "sigmoid"', 'objective = "sigmoyd"'), "objective", "did you mean 'sigmoid'"),
    (("max_length = 1024", "max_length = 0"), "max_length", "at least 1"),
    (("max_length = 1024", "max_length = 512"), "max_prompt_length", "less than max_length"),
    (("max_length = 1024", 'max_length = "1024"'), "max_length", "whole number"),
    (('truncation = "keep_start"', 'truncation = "start"'), "truncation", "keep_start"),
    (('revision = "4f1c2d9"', ""), "policy_model.revision", "revision or digest"),
    (('uri = "https://models.example/desk-7b"', ""), "policy_model", "uri, path or digest"),
    (('uri = "https://models.example/desk-7b"', 'path = "weights"'), "policy_model.path", "cannot be read"),
    (('revision = "4f1c2d9"', 'digest = "4f1c2d9"'), "policy_model.digest", "64 lower-case hex digits"),
    (('mode = "same"', 'mode = "same"\nrevision = "1"'), "reference_model.revision", "policy itself"),
    (('mode = "same"', 'mode = "other"'), "reference_model", "uri, path or digest"),
    (('mode = "file"', 'mode = "none"'), "chat_template.mode", "only a template file"),
    (('path = "chat_template.jinja"', ""), "chat_template.mode", "needs path or digest"),
    (('path = "chat_template.jinja"', 'path = "no.jinja"'), "chat_template.path", "cannot be read"),
    (('path = "chat_template.jinja"', 'path = "a\\u0000b"'), "chat_template.path", "no control characters"),
    (('["tokenizer_config.json"]', "[]"), "tokenizer", "uri, path or digest"),
    (('["tokenizer_config.json"]', '["a.json", "a.json"]'), "tokenizer.files", "distinct"),
    (('["tokenizer_config.json"]', '["tokenizer_config.json", "./tokenizer_config.json"]'), "tokenizer.files", "one"),
    (("[trainer]", "[trainer]\nseed = 1"), "trainer.seed", "no such key"),
    (("format = 1", "format = 2"), "format", "1"),
    (('path = "chat_template.jinja"', 'paht = "x"'), "chat_template.paht", "did you mean 'path'"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "key", "message"), FAULTS, ids=[f"{key}: {new}" for (_, new), key, _ in FAULTS])
def test_faults_name_key_and_expectation(folder: Path, change: Change, key: str, message: str) -> None:
    """Every wrong key, type, value and contradiction is refused with the key and what would do."""
    with pytest.raises(UsageError) as caught:
        load_spec(written(folder, change))
    assert f"training.toml: {key}" in str(caught.value)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "content",
    [b"\xff", b"format = ", b"format = 1\nformat = 1", b"a = [" + b"[" * 5000, b"x" * (1 << 20) + b"y", b""],
    ids=["no UTF-8", "no TOML", "a key twice", "deep", "too large", "empty"],
)
def test_files_of_another_kind_are_refused(tmp_path: Path, content: bytes) -> None:
    """Whatever is no specification is a usage error."""
    path = tmp_path / "training.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError):
        load_spec(path)
    with pytest.raises(UsageError, match="cannot be read"):
        load_spec(tmp_path / "none.toml")


def test_model_folders_are_digested(folder: Path) -> None:
    """A folder's digest covers names and contents of its files in order, hidden ones left out, and can be stated."""
    weights = folder / "weights"
    (weights / "part").mkdir(parents=True)
    (weights / ".git").mkdir()
    (weights / "b.bin").write_bytes(b"2")
    (weights / "part" / "a.bin").write_bytes(b"1")
    (weights / ".git" / "HEAD").write_bytes(b"x")
    expected = sha256(canonical_json([["b.bin", sha256(b"2")], ["part/a.bin", sha256(b"1")]]))
    assert folder_digest(weights, "key") == expected
    local = ('uri = "https://models.example/desk-7b"', 'path = "weights"')
    spec = load_spec(written(folder, local))
    assert spec.to_json()["policyModel"]["digest"] == "sha256:" + expected
    stated = load_spec(written(folder, local, ('revision = "4f1c2d9"', f'digest = "sha256:{expected}"')))
    assert stated.to_json()["policyModel"]["digest"] == "sha256:" + expected
    (weights / "b.bin").write_bytes(b"3")
    with pytest.raises(UsageError, match="another digest"):
        load_spec(folder / "training.toml")


def test_a_tokenizer_folder_gives_its_known_files(folder: Path) -> None:
    """Weights beside the tokenizer are not tokenizer files."""
    model = folder / "model"
    model.mkdir()
    for name in ("tokenizer.json", "merges.txt", "model.safetensors"):
        (model / name).write_text(name, encoding="utf-8")
    spec = load_spec(written(folder, ('files = ["tokenizer_config.json"]', 'path = "model"')))
    names = [file["name"] for file in spec.to_json()["tokenizer"]["files"]]
    assert names == ["merges.txt", "tokenizer.json"]
    shutil.rmtree(model)
    model.mkdir()
    with pytest.raises(UsageError, match="no tokenizer file"):
        load_spec(folder / "training.toml")


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9))
def test_decimals_have_one_form(value: Decimal) -> None:
    """Equal numbers have equal texts, which read back as the number, without exponent or needless zeros."""
    text = decimal_text(value)
    assert Decimal(text) == value
    assert "E" not in text
    assert not ("." in text and text.endswith(("0", ".")))
    assert decimal_text(value + Decimal("0.000")) == text


LINES = st.sampled_from(EXAMPLE.splitlines())
VALUES = st.sampled_from(["1", '"x"', "true", "[]", "{}", "nan", "-1", "1e400", "2026-01-01", '"\\u0001"', "[[1]]"])


@given(st.lists(LINES, max_size=30), st.data())
def test_shuffled_and_damaged_files_never_crash(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], data: Any
) -> None:
    """Lines left out, doubled, moved or given another value: a specification or a usage error, nothing else."""
    damaged = [
        line.split("=")[0] + "= " + data.draw(VALUES) if "=" in line and data.draw(st.booleans()) else line
        for line in lines
    ]
    path = tmp_path_factory.getbasetemp() / "fuzzed.toml"
    path.write_text("\n".join(damaged), encoding="utf-8")
    try:
        load_spec(path)
    except UsageError as error:
        assert error.what  # noqa: PT017 - either outcome is right, another error is not


@given(st.binary(max_size=300))
def test_any_bytes_are_a_usage_error(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Arbitrary content never passes for a specification."""
    path = tmp_path_factory.getbasetemp() / "bytes.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError):
        load_spec(path)


def run(*arguments: str) -> int:
    return main(list(arguments))


def test_the_commands_show_and_check(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    """`spec show` prints what is bound with its digest, `spec check` the digest; a faulty file exits 2."""
    path = str(folder / "training.toml")
    assert run("spec", "show", path) == 0
    shown = json.loads(capsys.readouterr().out)
    spec = load_spec(folder / "training.toml")
    assert shown == {**spec.to_json(), "specDigest": spec.digest}
    assert run("spec", "check", path) == 0
    assert capsys.readouterr().out == f"training.toml: sound, {spec.digest}\n"
    written(folder, ("beta = 0.1", "beta = 0"))
    assert run("spec", "check", path) == 2
    assert "training.toml: beta" in capsys.readouterr().err


SCHEMA_FAULTS: list[Callable[[dict[str, Any]], object]] = [
    lambda spec: spec.update(beta=0),
    lambda spec: spec.update(label_smoothing=0.5),
    lambda spec: spec.update(objective="dpo"),
    lambda spec: spec["policy_model"].pop("revision"),
    lambda spec: spec["reference_model"].update(uri="x"),
    lambda spec: spec["reference_model"].update(mode="other"),
    lambda spec: spec["chat_template"].update(mode="none"),
    lambda spec: spec["chat_template"].pop("path"),
    lambda spec: spec["tokenizer"].update(files=[]),
    lambda spec: spec["trainer"].pop("version"),
    lambda spec: spec.update(extra=1),
]


@pytest.mark.parametrize("change", SCHEMA_FAULTS)
def test_the_schema_refuses_what_the_reader_refuses(change: Callable[[dict[str, Any]], object]) -> None:
    """The schema is as strict as the reader on what it can say."""
    spec = tomllib.loads(EXAMPLE)
    change(spec)
    assert not SCHEMA.is_valid(spec)
