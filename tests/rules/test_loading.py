"""Loading packs: the bundled ones, extends by digest, overrides, and errors that say where."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from audit.errors import RulePackError
from audit.resources import resource
from audit.rules import RulePack, bundled_packs, check_pack, load_pack
from audit.rules.pack import Basis, Level

HEAD = 'format = 1\nname = "mine"\nversion = "1.0.0"\ntitle = "Mine"\nlevel = "STRUCTURAL-ONLY"\n'
RULE = """
[[rule]]
id = "TST-001"
version = 1
title = "A defect"
name = "a-defect"
measure = "test.rate"
kind = "process"
operator = "le"
limit = 0.05
fail_limit = 0.10
required = true
severity = "blocker"
basis = "policy"
rationale = "Because."
remediation = "Mend it."
since = "0.1.0"
"""


def write(folder: Path, text: str, name: str = "mine") -> Path:
    """Write a pack file."""
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


def extending(*overrides: str, of: str = "structural") -> str:
    """A pack that extends a bundled one, with overrides."""
    base = load_pack(of)
    return f'{HEAD}extends = ["{base.ref}#{base.digest}"]\n' + "".join(f"\n[[override]]\n{o}\n" for o in overrides)


def fault(path: Path) -> str:
    """The text of the error that loading raises."""
    with pytest.raises(RulePackError) as caught:
        load_pack(path)
    return str(caught.value)


def test_bundled_packs_are_sound() -> None:
    """Both bundled packs load and lint clean, and the default one takes over the structural rules."""
    assert bundled_packs() == ["dpo-ready", "structural"]
    for name in bundled_packs():
        assert check_pack(name) == []
    ready, structural = load_pack("dpo-ready"), load_pack("structural")
    assert [rule for rule in ready.rules if rule.id.startswith("STR")] == list(structural.rules)
    assert (ready.level, structural.level) == (Level.DPO_READY, Level.STRUCTURAL_ONLY)


def test_bundled_digest_is_current() -> None:
    """`dpo-ready` names the structural pack by its present digest.

    After a change, `audit rules show structural` prints the new digest for the `extends` line of dpo-ready.toml.
    """
    structural = load_pack("structural")
    written = re.search(r'extends = \["(.*)"\]', resource("rules", "dpo-ready.toml").read_text(encoding="utf-8"))

    assert written is not None
    assert written.group(1) == f"{structural.ref}#{structural.digest}"


def test_bundled_rules_tell_where_limits_come_from() -> None:
    """Every rule has rationale, remediation and references; none of our own limits is passed off as literature."""
    for rule in load_pack("dpo-ready").rules:
        assert len(rule.rationale) > 60, rule.id
        assert len(rule.remediation) > 30, rule.id
        assert rule.reference, rule.id
        assert rule.basis in (Basis.POLICY, Basis.SPECIFICATION), rule.id


def test_digest_sees_the_meaning_not_the_spelling(tmp_path: Path) -> None:
    """Comments, order of rules and keys, and 0.10 for 0.1 leave the digest; a limit changes it."""
    other = RULE.replace("TST-001", "TST-002").replace("a-defect", "b-defect")
    one = load_pack(write(tmp_path, HEAD + RULE + other, "one"))
    two = load_pack(write(tmp_path, "# x\n" + HEAD + other + RULE.replace("0.10", "0.1"), "two"))
    three = load_pack(write(tmp_path, HEAD + RULE.replace("0.05", "0.06") + other, "three"))

    assert one.digest == two.digest
    assert one.digest != three.digest
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", one.digest)


def test_a_pack_beside_the_file_is_found_first(tmp_path: Path) -> None:
    """`extends` looks in the pack's own folder before the bundled packs."""
    base = load_pack(write(tmp_path, HEAD.replace('"mine"', '"base"') + RULE, "base"))
    text = f'{HEAD}extends = ["{base.ref}#{base.digest}"]\n'

    assert load_pack(write(tmp_path, text)).rules == base.rules


def test_a_changed_base_is_refused(tmp_path: Path) -> None:
    """Another digest than the one written: the error shows both and the command that prints the new one."""
    text = re.sub(r"sha256:[0-9a-f]{64}", "sha256:" + "0" * 64, extending())

    message = fault(write(tmp_path, text))

    assert "extends[0]" in message
    assert load_pack("structural").digest in message
    assert "audit rules show structural" in message


def test_packs_cannot_extend_themselves(tmp_path: Path) -> None:
    """A circle of packs is named, not followed."""
    digest = "#sha256:" + "0" * 64
    write(tmp_path, HEAD.replace('"mine"', '"a"') + f'extends = ["b@1.0.0{digest}"]', "a")
    write(tmp_path, HEAD.replace('"mine"', '"b"') + f'extends = ["a@1.0.0{digest}"]', "b")

    assert "a -> b -> a" in fault(tmp_path / "a.toml")


def changed(folder: Path, override: str, of: str = "dpo-ready") -> RulePack:
    """The pack that results from one override."""
    return load_pack(write(folder, extending(override, of=of)))


@pytest.mark.parametrize(
    "override",
    [
        'id = "POS-002"\nlimit = 0.02',
        'id = "POS-002"\nfail_limit = 0.04',
        'id = "LEN-001"\nrequired = true\non_inconclusive = "inconclusive"',
        'id = "BAL-002"\nlimit = 800',
        'id = "BAL-002"\nwaivable = false',
        'id = "POS-001"\nconfidence = 0.99',
        'id = "POS-000"\non_fail = "fail"',
        'id = "STY-001"\nremediation = "Ask Anna."',
    ],
)
def test_stricter_needs_no_word(tmp_path: Path, override: str) -> None:
    """A stricter rule, or other prose, is taken as it is and listed nowhere."""
    pack = changed(tmp_path, override)

    assert pack.weakened == ()
    assert pack.rules != load_pack("dpo-ready").rules


@pytest.mark.parametrize(
    ("override", "key"),
    [
        ('id = "POS-002"\nlimit = 0.04', "limit"),
        ('id = "POS-002"\nfail_limit = 0.06', "fail_limit"),
        ('id = "BAL-002"\nlimit = 300', "limit"),
        ('id = "POS-001"\nrequired = false\non_inconclusive = "warn"', "required"),
        ('id = "STR-001"\nwaivable = true', "waivable"),
        ('id = "STY-003"\napplies = false', "applies"),
        ('id = "STY-001"\nseverity = "info"', "severity"),
        ('id = "POS-002"\nconfidence = 0.9', "confidence"),
    ],
)
def test_weaker_needs_word_and_reason(tmp_path: Path, override: str, key: str) -> None:
    """Weaker is refused without weakens and reason, and listed with old value, new value and reason with them."""
    message = fault(write(tmp_path, extending(override, of="dpo-ready")))
    pack = changed(tmp_path, override + '\nweakens = true\nreason = "Distillation is intended"')

    assert f"weakens {key}" in message
    assert (pack.weakened[0].key, pack.weakened[0].reason) == (key, "Distillation is intended")
    assert pack.weakened[0].pack == "mine@1.0.0"
    assert pack.document()["weakened"] != []


def test_weakening_is_inherited(tmp_path: Path) -> None:
    """A pack that extends a weakened one still shows what was weakened below it."""
    base = changed(tmp_path, 'id = "STY-003"\napplies = false\nweakens = true\nreason = "Distillation"')
    text = HEAD.replace('"mine"', '"top"') + f'extends = ["{base.ref}#{base.digest}"]\n'

    assert load_pack(write(tmp_path, text, "top")).weakened == base.weakened


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (HEAD + RULE.replace('"le"', '"less"'), ["rule[0] (TST-001).operator", "'less'", "one of le, ge, between"]),
        (HEAD + RULE.replace("severity", "severty"), ["(TST-001).severity", "required"]),
        (HEAD + RULE + "severty = 1\n", ["did you mean 'severity'?"]),
        (HEAD + RULE.replace("limit = 0.05", "limit = true"), [".limit", "True", "a finite number"]),
        (HEAD + RULE.replace("limit = 0.05", "limit = nan"), [".limit", "nan"]),
        (HEAD + RULE.replace("limit = 0.05", "limit = [0.1, 0.2]"), ["does not fit operator le", "one number"]),
        (HEAD + RULE.replace("fail_limit = 0.10", "fail_limit = 0.01"), ["fails values that pass"]),
        (HEAD + RULE.replace("TST-001", "TS-1"), ["rule[0].id", "three capital letters"]),
        (HEAD + RULE + RULE, ["two rules of one id", "TST-001"]),
        (HEAD + RULE + 'needs = ["TST-002"]\n', ["needs", "no such rule", "did you mean 'TST-001'?"]),
        (HEAD + RULE + 'on_inconclusive = "warn"\n', ["a required rule cannot only warn"]),
        (HEAD + RULE + "center = 0.5\n", ["center", "within"]),
        (HEAD + RULE + 'slice = { mode = "worst" }\n', ["multiplicity", "holm"]),
        (HEAD + '[[override]]\nid = "TST-001"\n', ["override[0] (TST-001).id", "no such rule"]),
        (HEAD, ["a pack without rules passes everything"]),
        (HEAD + RULE.replace("0.10", "[0.1"), ["not valid TOML", "line"]),
        ("x = 1\n" + HEAD + RULE, ["x: no such key"]),
        ("title = 'x'\n", ["format: required, but missing", "3 more"]),
    ],
)
def test_faults_say_where_and_what(tmp_path: Path, text: str, parts: list[str]) -> None:
    """Each fault names the file, the key, what was got and what was expected."""
    message = fault(write(tmp_path, text))

    for part in ("mine.toml", *parts):
        assert part in message


def test_missing_and_unreadable_packs(tmp_path: Path) -> None:
    """A wrong name gets the nearest one; a missing file, bytes that are no text, and huge files are refused."""
    with pytest.raises(RulePackError, match="did you mean 'dpo-ready'"):
        load_pack("dpo-redy")
    assert "cannot be read" in fault(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b'title = "\xff"')
    assert "not UTF-8" in fault(tmp_path / "latin.toml")
    (tmp_path / "big.toml").write_bytes(b"#" * ((4 << 20) + 1))
    assert "too large" in fault(tmp_path / "big.toml")


def test_hostile_values_are_shown_escaped(tmp_path: Path) -> None:
    """Control characters and long values in a pack reach the error escaped and shortened."""
    message = fault(write(tmp_path, HEAD + RULE.replace('"le"', '"\\u001b[31m' + "x" * 500 + '"')))

    assert "\x1b" not in message
    assert max(map(len, message.splitlines())) < 300
