"""`audit prove` and `audit check-proof` as their users call them."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from audit.certificate.row_form import canonical_text
from audit.cli import main
from tests.certificate import issued

PAIR = {"prompt": "How is device 3 reset?", "chosen": "Hold button 3 for ten seconds.", "rejected": "No idea 3."}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """The dataset that `issued` certifies."""
    path = tmp_path / "pairs.jsonl"
    path.write_bytes(issued.lines(issued.PAIRS))
    return path


def prove(data: Path, row: str, *more: str) -> tuple[int, Path]:
    out = data.parent / "proof.json"
    return main(["prove", row, str(data), "--out", str(out), "--quiet", *more]), out


def root_of(proof: Path) -> list[str]:
    found = json.loads(proof.read_bytes())
    return ["--root", found["root"], "--rows", str(found["n"])]


def test_a_line_is_proven_without_the_data(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """FILE:LINE names a row; its proof holds against root and count, and against the certificate."""
    code, proof = prove(data, "pairs.jsonl:4")
    assert code == 0
    assert prove(data, f"{data}:4")[0] == 0  # the path as the user sees it names it too
    assert "The row is in the data: 8 comparisons" in capsys.readouterr().err
    assert json.loads(json.loads(proof.read_bytes())["row"])[1:4] == list(PAIR.values())
    certificate = data.parent / "certificate.sigstore.json"
    certificate.write_bytes(issued.made().bundle)
    data.unlink()
    for trusted in (root_of(proof), ["--certificate", str(certificate)]):
        assert main(["check-proof", str(proof), *trusted]) == 0
        assert "The row is in the dataset of 8 comparisons" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("row", "included"),
    [
        (json.dumps(PAIR), True),
        (json.dumps(["dpo-row/v1", *PAIR.values(), {}], indent=1), True),
        (json.dumps({**PAIR, "chosen": PAIR["chosen"] + " "}), False),
        (json.dumps(["dpo-comparison/v1", *PAIR.values(), "tie", {}]), False),
    ],
    ids=["as in the file", "as a form", "with a blank more", "as a tie"],
)
@pytest.mark.parametrize("by", ["file", "standard input"])
def test_a_given_row_is_proven(
    data: Path, row: str, included: bool, by: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row from a file or standard input, as the data hold it or in its canonical form, in either direction."""
    given = data.parent / "row.json"
    given.write_text(row, encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(row.encode())))
    code, proof = prove(data, str(given) if by == "file" else "-")
    assert code == 0
    assert main(["check-proof", str(proof), *root_of(proof)]) == 0
    said = "is in the dataset" if included else "is not in the dataset (as an exact copy)"
    assert said in capsys.readouterr().out


def test_a_hidden_row_is_said_to_be_hidden(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Only the hash is in the file, and the check says that it does not show the row."""
    _, proof = prove(data, "pairs.jsonl:4", "--hide-row")
    assert b"button" not in proof.read_bytes()
    assert main(["check-proof", str(proof), *root_of(proof)]) == 0
    assert "A row that the proof does not show is in the dataset" in capsys.readouterr().out


def test_a_proof_goes_to_standard_output(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --out the JSON alone is printed."""
    assert main(["prove", "pairs.jsonl:1", str(data), "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out)["kind"] == "inclusion"


def test_lines_with_several_comparisons_need_a_part(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """FILE:LINE:PART, from 0; without PART the error says how many there are."""
    row = {"prompt": "p", "responses": [{"text": f"answer {i}", "rating": i} for i in (3, 1, 2)]}
    data = tmp_path / "rated.jsonl"
    data.write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert prove(data, "rated.jsonl:1")[0] == 2
    assert "PART from 0 to 2" in capsys.readouterr().err  # three ratings make three comparisons
    proofs = [json.loads(prove(data, f"rated.jsonl:1:{part}")[1].read_bytes()) for part in range(3)]
    assert len({proof["leaf"] for proof in proofs}) == 3
    assert {proof["kind"] for proof in proofs} == {"inclusion"}
    assert prove(data, "rated.jsonl:1:3")[0] == 2


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("pairs.jsonl:99", "no readable row"),
        ("other.jsonl:1", "FILE one of pairs.jsonl"),
        ("pairs.jsonl:0", "FILE one of pairs.jsonl"),
        ("a\0b", "no such row"),
    ],
)
def test_rows_that_are_not_there_are_usage_errors(
    data: Path, row: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, saying what would have been understood."""
    assert prove(data, row)[0] == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (b"{", "cannot be read"),
        (b"[1]", "dpo-row/v1"),
        (b"[" * 99_999, "no JSON"),
        (b'{"prompt":"p","chosen":"\\ud800","rejected":"r"}', "surrogate"),
        (b'["dpo-row/v1","\\ud800","x","y",{}]', "surrogate"),
        (b'{"prompt":"p","chosen":"c"}', "set aside"),
        (b"\xff", "UTF-8"),
    ],
)
def test_rows_that_cannot_be_read_are_named(
    data: Path, row: bytes, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row that no dataset could hold is refused with the reason."""
    given = data.parent / "row.json"
    given.write_bytes(row)
    assert prove(data, str(given))[0] == 2
    assert message in capsys.readouterr().err


def test_proofs_that_do_not_hold_exit_4(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Another root, another count, a damaged file: refused by name."""
    _, proof = prove(data, "pairs.jsonl:4")
    trusted = root_of(proof)
    assert main(["check-proof", str(proof), "--root", "0" * 64, "--rows", "8"]) == 4
    assert main(["check-proof", str(proof), *trusted[:2], "--rows", "7"]) == 4
    proof.write_bytes(proof.read_bytes().replace(b"ten seconds", b"two seconds"))
    assert main(["check-proof", str(proof), *trusted]) == 4
    assert "proof.leaf" in capsys.readouterr().err


@pytest.mark.parametrize(
    "trusted",
    [[], ["--root", "0" * 64], ["--rows", "8"], ["--root", "00", "--rows", "8"], ["--certificate", "c", "--rows", "8"]],
)
def test_a_check_needs_root_and_count(data: Path, trusted: list[str]) -> None:
    """A root without its count proves nothing, so it is not taken."""
    _, proof = prove(data, "pairs.jsonl:4")
    assert main(["check-proof", str(proof), *trusted]) == 2


def test_a_bare_check_needs_no_cryptography(data: Path) -> None:
    """Root and count are compared without the optional package that signatures need."""
    _, proof = prove(data, "pairs.jsonl:4")
    script = "import sys; sys.modules['cryptography'] = None; import audit.cli as c; sys.exit(c.main(sys.argv[1:]))"
    command = [sys.executable, "-c", script, "check-proof", str(proof), *root_of(proof)]
    assert subprocess.run(command, check=False, capture_output=True, cwd=Path(__file__).parents[2]).returncode == 0


def test_given_forms_need_not_be_canonical(data: Path) -> None:
    """A form is taken in any spelling of its JSON and written in the canonical one."""
    given = data.parent / "row.json"
    form = ["dpo-row/v1", *PAIR.values(), {}]
    given.write_text(json.dumps(form, indent=4), encoding="utf-8")
    _, proof = prove(data, str(given))
    assert json.loads(proof.read_bytes())["row"] == canonical_text(form).decode()
