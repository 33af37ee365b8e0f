"""Verify the DSSE envelope of a bundle with securesystemslib: `python verify_dsse.py BUNDLE PUBLIC_KEY`."""

import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_public_key
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

bundle = json.loads(Path(sys.argv[1]).read_bytes())
pem = Path(sys.argv[2]).read_bytes()
hint = bundle["verificationMaterial"]["publicKey"]["hint"]
key = SSlibKey.from_crypto(load_pem_public_key(pem), keyid=hint)
written = bundle["dsseEnvelope"]
named = {**written, "signatures": [{**one, "keyid": hint} for one in written["signatures"]]}
accepted = Envelope.from_dict(named).verify([key], 1)
sys.stdout.write(f"accepted {' '.join(accepted)}\n")
