"""The trust policy: read strictly, and as its published schema says."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from audit.certificate.trust import load_trust
from audit.errors import UsageError
from audit.resources import resource
from tests.certificate.issued import DESK, KEY, made

PACK = made().document["pack"]["digest"]
PLAIN = f"""
format = 1
min_role = "independent"
packs = ["{PACK}"]
"""
KEY_TABLE = f"""
[[key]]
verifier = "{DESK}"
role = "independent"
file = "desk.pub"
"""
WHOLE = (
    PLAIN
    + """
levels = ["DPO-READY"]
resource = "pkg:generic/x@1"
version = "2026.11"
max_age_days = 90
order = "strict"
require_training = true
require_lock = false
require_log = true
"""
    + KEY_TABLE
    + f"""
uses = ["certificate"]

[[key]]
verifier = "urn:other"
role = "self"
pem = '''
{KEY.public.pem.decode()}'''

[status]
file = "status.sigstore.json"
require = true
state = "seen.json"
"""
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the desk's public key."""
    (tmp_path / "desk.pub").write_bytes(KEY.public.pem)
    return tmp_path


@pytest.fixture(scope="module")
def schema() -> Draft202012Validator:
    """The published schema, itself checked."""
    found = json.loads(resource("reports", "trust.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(found)
    return Draft202012Validator(found)


def written(folder: Path, text: str) -> Path:
    path = folder / "trust.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_whole_policy_is_read(folder: Path, schema: Draft202012Validator) -> None:
    """Every key arrives; files are found beside the policy."""
    schema.validate(tomllib.loads(WHOLE))
    policy = load_trust(written(folder, WHOLE))

    assert [(k.verifier, k.role, k.uses) for k in policy.keys] == [
        (DESK, "independent", ("certificate",)),
        ("urn:other", "self", ("certificate", "status", "lock")),
    ]
    assert {k.key.keyid for k in policy.keys} == {KEY.public.keyid}
    assert (policy.resource, policy.version, policy.max_age_days) == ("pkg:generic/x@1", "2026.11", 90)
    assert (policy.strict_order, policy.require_training, policy.require_lock, policy.require_log) == (
        True, True, False, True,
    )  # fmt: skip
    assert policy.status is not None
    assert (policy.status.content, policy.status.required) == (None, True)
    assert policy.status.memory.path == folder / "seen.json"


def test_a_short_policy_asks_for_no_more_than_it_says(folder: Path, schema: Draft202012Validator) -> None:
    """What is left out is not asked for."""
    schema.validate(tomllib.loads(PLAIN + KEY_TABLE))
    policy = load_trust(written(folder, PLAIN + KEY_TABLE))

    assert (policy.resource, policy.max_age_days, policy.status) == (None, None, None)
    demands = [policy.strict_order, policy.require_training, policy.require_lock, policy.require_log]
    assert not any(demands)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,  # no key
        KEY_TABLE,  # no format, role, packs
        PLAIN.replace("format = 1", "format = 2") + KEY_TABLE,
        PLAIN.replace("format = 1", "format = true") + KEY_TABLE,
        PLAIN.replace("min_role", "min_rule") + KEY_TABLE,  # misspelt
        PLAIN + "max_age = 90" + KEY_TABLE,  # unknown
        PLAIN + 'max_age_days = "90"' + KEY_TABLE,
        PLAIN + "max_age_days = 0" + KEY_TABLE,
        PLAIN + "max_age_days = 1.5" + KEY_TABLE,
        PLAIN + 'order = "loose"' + KEY_TABLE,
        PLAIN + 'require_lock = "yes"' + KEY_TABLE,
        PLAIN + "resource = 1" + KEY_TABLE,
        PLAIN + "levels = []" + KEY_TABLE,
        PLAIN + 'levels = ["GOLD"]' + KEY_TABLE,
        PLAIN.replace(PACK, "dpo-ready") + KEY_TABLE,
        PLAIN.replace(f'"{PACK}"', "") + KEY_TABLE,
        PLAIN.replace("independent", "auditor") + KEY_TABLE,
        PLAIN + KEY_TABLE.replace("role =", "rank ="),
        PLAIN + KEY_TABLE.replace('file = "desk.pub"', ""),
        PLAIN + KEY_TABLE + 'pem = "both"',
        PLAIN + KEY_TABLE + 'uses = ["everything"]',
        PLAIN + KEY_TABLE + "uses = []",
        PLAIN + KEY_TABLE + "[status]\nrequire = true",
        PLAIN + KEY_TABLE + '[status]\nfile = "s"\nrequired = true',
        PLAIN + "key = 1",
    ],
)
def test_a_wrong_policy_is_refused_by_reader_and_schema(folder: Path, schema: Draft202012Validator, text: str) -> None:
    """Reader and schema agree on what is no policy; the reader names the key."""
    assert not schema.is_valid(tomllib.loads(text))
    with pytest.raises(UsageError) as fault:
        load_trust(written(folder, text))

    assert "trust.toml" in str(fault.value)


@pytest.mark.parametrize(
    "text", ["format = ", "format = 1\nformat = 1", "a = " + "[" * 5000, "\ud800", "x" * (2 << 20)]
)
def test_what_is_no_toml_is_refused(folder: Path, text: str) -> None:
    """Broken, repeated, deep, not UTF-8, or huge: one error that names the file."""
    (folder / "trust.toml").write_bytes(text.encode("utf-8", "surrogatepass"))

    with pytest.raises(UsageError, match=r"trust\.toml"):
        load_trust(folder / "trust.toml")


def test_keys_that_are_not_there_are_errors(folder: Path) -> None:
    """A key file that is missing, or holds something else, is an error and not one key less."""
    for name in ("absent.pub", "trust.toml", "."):
        with pytest.raises(UsageError):
            load_trust(written(folder, PLAIN + KEY_TABLE.replace("desk.pub", name)))
    with pytest.raises(UsageError, match="cannot be read"):
        load_trust(folder / "absent.toml")
