"""Tools of other projects read what we sign: openssl, securesystemslib, @sigstore/verify, model_signing,
mlcroissant, the OpenLineage client.

`tests/interop/setup.sh FOLDER` installs them, AUDIT_INTEROP=FOLDER points here; without it these tests are skipped.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from audit.certificate.bundle import PAYLOAD_TYPE, pae, read_bundle
from audit.certificate.keys import KINDS, P256, SigningKey
from audit.certificate.signing import CERTIFICATE_NAME, FILES_NAME, SUMMARY_NAME, sign_result
from audit.cli import main
from tests.certificate.issued import PAIRS, lines, made, plain_issue

HERE = Path(__file__).parent
TOOLS = Path(os.environ.get("AUDIT_INTEROP", "/nonexistent"))
PYTHON = TOOLS / "venv" / "bin" / "python"
MODEL_SIGNING = TOOLS / "venv" / "bin" / "model_signing"
MODULES = TOOLS / "node" / "node_modules"
BUNDLES = (CERTIFICATE_NAME, SUMMARY_NAME, FILES_NAME)

pytestmark = [pytest.mark.interop, pytest.mark.slow]
needs_openssl = pytest.mark.skipif(shutil.which("openssl") is None, reason="the openssl command is not installed")
needs_python = pytest.mark.skipif(not PYTHON.exists(), reason="AUDIT_INTEROP names no folder of tests/interop/setup.sh")
needs_node = pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / "@sigstore" / "verify").is_dir(),
    reason="node or @sigstore/verify is not installed (tests/interop/setup.sh)",
)


@pytest.fixture(params=KINDS)
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with the public key, all bundles and the data, for one kind of key."""
    return signed_folder(tmp_path, SigningKey.generate(request.param))


def signed_folder(folder: Path, key: SigningKey) -> Path:
    (folder / "key.pub").write_bytes(key.public.pem)
    honest = made()
    for name, bundle in sign_result(honest.document, honest.rows, plain_issue(), key).bundles.items():
        (folder / name).write_bytes(bundle)
    (folder / "data").mkdir()
    (folder / "data" / "pairs.jsonl").write_bytes(lines(PAIRS))
    return folder


def call(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120, check=False)


def tampered(path: Path) -> Path:
    """The bundle with one word of its payload changed, under the old signature."""
    bundle: dict[str, Any] = json.loads(path.read_bytes())
    envelope = bundle["dsseEnvelope"]
    payload = base64.b64decode(envelope["payload"]).replace(b"in-toto.io", b"in-tato.io")
    envelope["payload"] = base64.b64encode(payload).decode()
    other = path.with_name(f"tampered-{path.name}")
    other.write_text(json.dumps(bundle))
    return other


def openssl(folder: Path, bundle: Path) -> subprocess.CompletedProcess[str]:
    """Ask openssl about the signature over the pre-authentication encoding."""
    found = read_bundle(bundle.read_bytes())
    (folder / "message").write_bytes(pae(PAYLOAD_TYPE, found.payload))
    (folder / "signature").write_bytes(found.signature)
    asked = ["-pubin", "-inkey", folder / "key.pub", "-sigfile", folder / "signature", "-in", folder / "message"]
    digest = ["-digest", "sha256"] if len(found.signature) != 64 else []
    return call("openssl", "pkeyutl", "-verify", "-rawin", *digest, *asked)


@needs_openssl
@pytest.mark.parametrize("name", BUNDLES)
def test_openssl_verifies_our_signatures(desk: Path, name: str) -> None:
    """Both kinds of key; a changed payload is refused."""
    assert openssl(desk, desk / name).returncode == 0
    assert openssl(desk, tampered(desk / name)).returncode != 0


@needs_python
@pytest.mark.parametrize("name", BUNDLES)
def test_securesystemslib_verifies_our_envelopes(desk: Path, name: str) -> None:
    """The DSSE envelope in the library that in-toto and TUF use."""
    found = call(PYTHON, HERE / "verify_dsse.py", desk / name, desk / "key.pub")
    assert found.stdout.startswith("accepted "), found.stderr
    refused = call(PYTHON, HERE / "verify_dsse.py", tampered(desk / name), desk / "key.pub")
    assert refused.returncode != 0
    assert "VerificationError" in refused.stderr


@needs_node
@pytest.mark.parametrize("name", BUNDLES)
def test_sigstore_verify_accepts_our_bundles(desk: Path, name: str) -> None:
    """The bundle in Sigstore's own JavaScript verifier, with the key given."""
    script = HERE / "verify_bundle.mjs"
    found = call("node", script, MODULES, desk / name, desk / "key.pub")
    assert found.stdout.startswith("accepted "), found.stderr
    refused = call("node", script, MODULES, tampered(desk / name), desk / "key.pub")
    assert refused.returncode != 0
    assert "VerificationError" in refused.stderr


@needs_python
def test_model_signing_verifies_our_statement_of_files(tmp_path: Path) -> None:
    """`model_signing verify key` on the delivered folder; an edited, added or missing file is refused by name.

    P-256 only: model-signing 1.1.1 takes no Ed25519 keys.
    """
    desk = signed_folder(tmp_path, SigningKey.generate(P256))
    asked = [MODEL_SIGNING, "verify", "key", desk / "data", "--signature", desk / FILES_NAME]
    asked += ["--public_key", desk / "key.pub"]
    found = call(*asked)
    assert "Verification succeeded" in found.stdout + found.stderr

    (desk / "data" / "more.jsonl").write_bytes(lines(PAIRS))
    added = call(*asked)
    assert added.returncode != 0
    assert "more.jsonl" in added.stdout + added.stderr
    (desk / "data" / "more.jsonl").unlink()
    (desk / "data" / "pairs.jsonl").write_bytes(lines(PAIRS[1:]))
    edited = call(*asked)
    assert edited.returncode != 0
    assert "pairs.jsonl" in edited.stdout + edited.stderr


@needs_python
@pytest.mark.parametrize("kind", KINDS)
def test_an_edited_statement_of_files_is_refused_by_both(tmp_path: Path, kind: str) -> None:
    """What we refuse, model_signing refuses too (it refuses Ed25519 altogether)."""
    desk = signed_folder(tmp_path, SigningKey.generate(kind))
    changed = tampered(desk / FILES_NAME)

    found = call(
        MODEL_SIGNING, "verify", "key", desk / "data", "--signature", changed, "--public_key", desk / "key.pub"
    )
    assert found.returncode != 0


@needs_python
def test_metadata_is_read_by_mlcroissant_and_openlineage(tmp_path: Path) -> None:
    """The reference readers load both exports without an error, and understand the files, findings and assertions."""
    delivery = Path(__file__).parents[2] / "fixtures" / "support_desk" / "defective.jsonl.gz"
    shutil.copy(delivery, tmp_path)
    assert main(["run", str(tmp_path / delivery.name), "--out", str(tmp_path / "out"), "--quiet"]) == 1
    for name in ("croissant", "openlineage"):
        assert main(["export", str(tmp_path / "out"), "--format", name, "--out", str(tmp_path / f"{name}.json")]) == 0
    found = call(PYTHON, HERE / "read_metadata.py", tmp_path / "croissant.json", tmp_path / "openlineage.json")
    assert found.returncode == 0, found.stderr
    told = json.loads(found.stdout)
    result = json.loads((tmp_path / "out" / "result.json").read_bytes())
    assert told["errors"] == []
    assert told["conforms"] == ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
    assert told["sha256"] == [entry["sha256"] for entry in result["inputs"]]
    assert any(line.startswith("POS-002 fail") for line in told["biases"])
    assert any(line.startswith("agreement.alpha") for line in told["analysis"])
    assert told["schemas"] == told["declared"]
    assert told["assertions"] == sum(rule["verdict"] != "not_applicable" for rule in result["rules"])
    assert told["rows"] == result["rows"]["read"]
