"""The commands as a person types them: keygen, lock, sign, verify, status, log."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import pytest

from audit.cli import main
from tests.certificate.issued import DESK, PAIRS, RESOURCE, lines

PASSPHRASE = "correct horse battery"


@pytest.fixture(autouse=True)
def desk_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signing reads this time; verifying reads the real one, whatever the variable says."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.delenv("AUDIT_KEY_PASSPHRASE", raising=False)


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with audited data, a key and a trust policy."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "pairs.jsonl").write_bytes(lines(PAIRS))
    (tmp_path / "pass").write_text(PASSPHRASE + "\n")
    assert main(["keygen", "--out", str(tmp_path / "keys"), "--passphrase-file", str(tmp_path / "pass")]) == 0
    out = str(tmp_path / "out")
    assert main(["run", str(tmp_path / "data"), "--rules", "structural", "--out", out, "--no-cache", "--quiet"]) == 0
    pack = json.loads((tmp_path / "out" / "result.json").read_text())["pack"]["digest"]
    (tmp_path / "trust.toml").write_text(
        f'format = 1\nmin_role = "independent"\npacks = ["{pack}"]\nresource = "{RESOURCE}"\n'
        f'[[key]]\nverifier = "{DESK}"\nrole = "independent"\nfile = "keys/audit.pub"\n'
        '[status]\nfile = "status.json"\n'
    )
    capsys.readouterr()
    return tmp_path


def key(desk: Path) -> list[str]:
    return ["--key", f"{desk}/keys/audit.key", "--passphrase-file", f"{desk}/pass", "--verifier", DESK]


def sign(desk: Path, *more: str) -> int:
    who = ["--issuer", "Desk", "--role", "independent", "--resource", RESOURCE]
    return main(["sign", f"{desk}/out", "--data", f"{desk}/data", *key(desk), *who, *more])


def verify(desk: Path, *more: str, data: str = "data") -> int:
    certificate = f"{desk}/out/certificate.sigstore.json"
    return main(["verify", certificate, "--data", f"{desk}/{data}", "--trust", f"{desk}/trust.toml", *more])


def test_the_whole_way(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Sign, verify, replay; every check has its line and the last one says what came of it."""
    assert sign(desk) == 0
    said = capsys.readouterr().out
    assert said.startswith("CERTIFICATE (STRUCTURAL-ONLY)\n")

    assert verify(desk, "--replay") == 0
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == "ACCEPTED"
    assert [line.split()[1] for line in told[:-1]] == [
        "form", "signature", "type", "issuer", "time", "scope", "policy", "weakened", "reading", "rows", "files",
        "training", "verdict", "waivers", "sampling", "results", "lock", "status", "chain", "log", "replay",
    ]  # fmt: skip
    assert "the same numbers: 2 rules and " in told[-2]
    assert told[-2].endswith(" measures")


def test_changed_data_are_refused_with_exit_code_4(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One pair flipped: refused, with the first reason on the last line and in the JSON."""
    sign(desk)
    (desk / "other").mkdir()
    first = {**PAIRS[0], "chosen": PAIRS[0]["rejected"], "rejected": PAIRS[0]["chosen"]}
    (desk / "other" / "pairs.jsonl").write_bytes(lines([first, *PAIRS[1:]]))
    capsys.readouterr()

    assert verify(desk, data="other") == 4
    assert capsys.readouterr().out.splitlines()[-1].startswith("REFUSED: rows: ")
    assert verify(desk, "--format", "json", data="other") == 4
    found = json.loads(capsys.readouterr().out)
    assert (found["accepted"], found["reason"].split(":")[0]) == (False, "rows")


def test_without_a_trust_policy_the_exit_code_is_4(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A valid signature alone is told and not accepted; without any key it cannot even be checked."""
    sign(desk)
    certificate = [f"{desk}/out/certificate.sigstore.json", "--data", f"{desk}/data"]
    capsys.readouterr()

    assert main(["verify", *certificate, "--key", f"{desk}/keys/audit.pub"]) == 4
    assert capsys.readouterr().out.endswith("REFUSED: signature valid, trust not evaluated\n")
    assert main(["verify", *certificate]) == 4
    assert "cannot be checked without a key" in capsys.readouterr().out


def test_reordered_parquet_is_accepted(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same rows in another format and order, in two shards."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sign(desk)
    (desk / "shards").mkdir()
    for name, part in (("b", PAIRS[:3]), ("a", PAIRS[:2:-1])):
        pq.write_table(pa.Table.from_pylist(part), desk / "shards" / f"{name}.parquet")
    capsys.readouterr()

    assert verify(desk, data="shards") == 0
    assert "order differs" in capsys.readouterr().out


def test_bundles_beside_the_data_are_no_data(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder may be delivered with its certificate inside."""
    assert sign(desk, "--out", f"{desk}/data") == 0
    certificate = f"{desk}/data/certificate.sigstore.json"

    assert main(["verify", certificate, "--data", f"{desk}/data", "--trust", f"{desk}/trust.toml"]) == 0


def test_a_failing_audit_gets_a_signed_refusal(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 1, a refusal and its summary, no certificate (an older one is pointed at); it is never accepted."""
    sign(desk)
    same = {"prompt": "p", "chosen": "same", "rejected": "same"}
    (desk / "data" / "pairs.jsonl").write_bytes(lines([*PAIRS, same]))
    run = ["run", f"{desk}/data", "--rules", "structural", "--out", f"{desk}/out", "--no-cache", "--quiet"]
    assert main(run) == 1
    capsys.readouterr()

    assert sign(desk, "--out", f"{desk}/signed") == 1
    assert capsys.readouterr().out.startswith("REFUSAL: the audit ended in fail\n")
    assert sorted(path.name for path in (desk / "signed").iterdir()) == [
        "refusal.sigstore.json",
        "summary.sigstore.json",
    ]
    assert sign(desk) == 1
    assert "still there from before" in capsys.readouterr().out
    refusal = f"{desk}/out/refusal.sigstore.json"
    assert main(["verify", refusal, "--data", f"{desk}/data", "--trust", f"{desk}/trust.toml"]) == 4


def test_a_result_of_other_data_is_not_signed(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The data changed since the audit: exit code 2, nothing written."""
    (desk / "data" / "pairs.jsonl").write_bytes(lines(PAIRS[1:]))

    assert sign(desk) == 2
    assert "not one of these data" in capsys.readouterr().err
    assert not (desk / "out" / "certificate.sigstore.json").exists()


def test_revocation_on_the_command_line(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty list, then one that revokes; the first one again is a roll-back."""
    sign(desk)
    said = capsys.readouterr().out
    name = next(line.split()[-1] for line in said.splitlines() if "id:" in line)
    status = ["status", *key(desk), "--out", f"{desk}/status.json"]
    assert main(status) == 0
    shutil.copy(desk / "status.json", desk / "first.json")
    assert verify(desk) == 0

    assert main([*status, "--revoke", name]) == 2  # without a reason
    assert main([*status, "--revoke", "everything", "--reason", "r"]) == 2
    assert main([*status, "--revoke", name, "--reason", "labels were sold"]) == 0
    assert "list 2" in capsys.readouterr().out
    assert verify(desk) == 4
    assert "revoked" in capsys.readouterr().out
    shutil.copy(desk / "first.json", desk / "status.json")
    assert verify(desk) == 4
    assert "older status list" in capsys.readouterr().out


def test_lock_log_and_chain_on_the_command_line(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Lock first, log each statement, replace the certificate, and check all of it."""
    lock, log = ["--lock", f"{desk}/lock.json"], ["--log", f"{desk}/log.jsonl"]
    assert main(["lock", "structural", *key(desk), "--out", f"{desk}/lock.json"]) == 0
    assert main(["lock", "dpo-ready", *key(desk), "--out", f"{desk}/wrong.json"]) == 0
    assert sign(desk, "--lock", f"{desk}/wrong.json") == 2
    assert sign(desk, *lock) == 2  # the audit was before
    assert "knew of no policy lock" in capsys.readouterr().err
    again = ["run", f"{desk}/data", "--rules", "structural", "--out", f"{desk}/out", "--quiet"]
    assert main([*again, "--lock", f"{desk}/wrong.json"]) == 2
    assert main([*again, *lock]) == 0
    assert sign(desk) == 2  # the result names a lock: its signature has to be compared
    assert sign(desk, *lock, *log) == 0
    shutil.copy(desk / "out" / "certificate.sigstore.json", desk / "first.json")
    assert sign(desk, *lock, *log, "--supersedes", f"{desk}/first.json", "--dataset-name", "pairs") == 0
    capsys.readouterr()

    assert verify(desk, *lock, *log, "--previous", f"{desk}/first.json") == 0
    told = {line.split()[1]: line for line in capsys.readouterr().out.splitlines()[:-1]}
    assert all(told[name].startswith("ok") for name in ("lock", "log", "chain"))
    assert main(["log", "check", f"{desk}/log.jsonl"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("2 statements: 2 certificates, 0 refusals\n")
    head = said.split()[-1]
    assert main(["log", "check", f"{desk}/log.jsonl", "--since", head]) == 0
    assert main(["log", "check", f"{desk}/log.jsonl", "--since", f"3:{head.split(':')[1]}"]) == 4
    assert main(["log", "check", f"{desk}/log.jsonl", "--since", "now"]) == 2
    written = (desk / "log.jsonl").read_bytes()
    (desk / "log.jsonl").write_bytes(written.replace(b'"verdict":"pass"', b'"verdict":"fail"', 1))
    assert main(["log", "check", f"{desk}/log.jsonl"]) == 4
    assert sign(desk, *log) == 4  # a broken log is not appended to


def test_a_busy_log_is_left_alone(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two signers at once would write one line twice: the second one is told to wait."""
    (desk / "log.jsonl.lock").touch()

    assert sign(desk, "--log", f"{desk}/log.jsonl") == 2
    assert "another `audit sign`" in capsys.readouterr().err


def test_the_source_date_decides_when_it_was_signed_and_nothing_else(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """1,000,000,000 s is 9 September 2001: the signature is repeatable, and long expired by the real clock."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")
    assert sign(desk) == 0
    assert "2001-09-09T01:46:40Z" in capsys.readouterr().out
    first = (desk / "out" / "certificate.sigstore.json").read_bytes()
    assert sign(desk) == 0

    assert (desk / "out" / "certificate.sigstore.json").read_bytes() == first
    assert verify(desk) == 4
    assert "REFUSED: time: " in capsys.readouterr().out


def test_passphrases_come_from_file_variable_or_prompt(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each way opens the key; a wrong or missing one is exit code 2, and it shows nowhere."""
    args = ["lock", "structural", "--key", f"{desk}/keys/audit.key", "--out", f"{desk}/lock.json"]
    monkeypatch.setenv("AUDIT_KEY_PASSPHRASE", PASSPHRASE)
    assert main(args) == 0
    monkeypatch.setenv("AUDIT_KEY_PASSPHRASE", "wrong passphrase")
    assert main(args) == 2
    monkeypatch.delenv("AUDIT_KEY_PASSPHRASE")
    terminal = io.StringIO()
    monkeypatch.setattr("sys.stdin", terminal)
    assert main(args) == 2
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", lambda _prompt: PASSPHRASE)
    assert main(args) == 0
    seen = capsys.readouterr()

    assert PASSPHRASE not in seen.out + seen.err
    assert "wrong passphrase" not in seen.out + seen.err


def test_keygen_refuses_what_would_be_regretted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A short or empty passphrase, and a folder with a key; an open key only when asked for."""
    for content in ("short\n", "\n"):
        (tmp_path / "pass").write_text(content)
        assert main(["keygen", "--out", f"{tmp_path}/k", "--passphrase-file", f"{tmp_path}/pass"]) == 2
    assert not (tmp_path / "k").exists()
    for kind in ("p256", "ed25519"):
        assert main(["keygen", "--out", f"{tmp_path}/{kind}", "--type", kind, "--no-passphrase"]) == 0
        assert "not encrypted" in capsys.readouterr().out
        assert main(["keygen", "--out", f"{tmp_path}/{kind}", "--no-passphrase"]) == 2


@pytest.mark.parametrize("content", ["", "[]", '{"schema": "x"}', '{"a": 1, "a": 1}'])
def test_what_is_no_result_is_not_signed(desk: Path, content: str) -> None:
    """Exit code 2 for a file that is no result of an audit."""
    (desk / "out" / "result.json").write_text(content)

    assert sign(desk) == 2
