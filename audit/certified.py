"""For the top of a training script: no step is taken on data, or by settings, that nobody certified."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from audit.certificate.clock import wall_time
from audit.certificate.data import bind_as_recorded, recorded_ways
from audit.certificate.question import Beside
from audit.certificate.rows import RowDigests, digest_rows
from audit.certificate.strict_json import MOST_BYTES
from audit.certificate.trust import TrustPolicy, load_trust
from audit.certificate.verifying import Status, Verification, verify_bundle
from audit.errors import UsageError, VerificationError
from audit.reading import Selection
from audit.sources import open_any
from audit.training import TrainingSpec, load_spec

Place = str | os.PathLike[str]


def assert_certified(
    dataset: object,
    spec: Place | TrainingSpec,
    certificate: Place | bytes,
    trust: Place | TrustPolicy,
    *,
    now: datetime | None = None,
    beside: Beside | None = None,
) -> Verification:
    """Refuse unless a trusted certificate binds exactly these rows and this training.

    The signature is checked first; then the digests of rows and specification are computed here and compared field by
    field. Another order or storage format of the same rows is accepted.

    Args:
        dataset: what will be trained on: path, glob, folder or URL, a list of them, a pandas DataFrame, a pyarrow Table
            or a `datasets.Dataset`.
        spec: the training.toml that the trainer is set up from, or that file as read.
        certificate: a certificate bundle, as a file or its bytes.
        trust: the trust policy of whoever trains, as a file or as read.
        now: the time to judge by; None: the clock's.
        beside: files that the trust policy asks for beside the certificate, such as a policy lock.

    Returns:
        The verification, every check of which passed or is a remark.

    Raises:
        VerificationError: refused; the message names the first check that failed, and where digests or settings differ
            the field, what was got and what is certified.
        UsageError: the specification, certificate or trust policy cannot be read.
        InputError: the dataset cannot be read.
    """
    known = spec if isinstance(spec, TrainingSpec) else load_spec(Path(spec))
    policy = trust if isinstance(trust, TrustPolicy) else load_trust(Path(trust))
    bundle = certificate if isinstance(certificate, bytes) else _content(Path(certificate))

    def rows(predicate: Mapping[str, Any]) -> RowDigests:
        return digest_rows(bind_as_recorded(open_any(dataset), recorded_ways(predicate), Selection()))

    found = verify_bundle(bundle, policy, rows, known, now=now or wall_time(), beside=beside)
    if not found.accepted:
        raise _refusal(found)
    return found


def _refusal(found: Verification) -> VerificationError:
    failed = next((check for check in found.checks if check.status is Status.FAILED), None)
    what = f"{failed.name}: {failed.detail}" if failed else found.reason or "not accepted"
    return VerificationError(f"not certified: {what}", fix="do not train: `audit verify` shows every check")


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as fault:
        raise UsageError(f"the certificate cannot be read: {fault.strerror}", where=str(path)) from fault
