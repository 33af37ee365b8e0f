"""The result as one OpenLineage run event: row counts and every decided rule as a data quality assertion.

Facets: DataQualityMetricsInputDatasetFacet and DataQualityAssertionsDatasetFacet, on every input file. The run's
outcome is the audit's (COMPLETE, or FAIL when it is incomplete), not the dataset's: that is in the assertions.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from typing import Any, Final

from audit.report.document import Document
from audit.report.figures import limit, number
from audit.report.jsonfile import dump_document
from audit.report.safe import encodable

EVENT: Final = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
METRICS: Final = (
    "https://openlineage.io/spec/facets/1-0-3/DataQualityMetricsInputDatasetFacet.json"
    "#/$defs/DataQualityMetricsInputDatasetFacet"
)
ASSERTIONS: Final = (
    "https://openlineage.io/spec/facets/1-1-0/DataQualityAssertionsDatasetFacet.json"
    "#/$defs/DataQualityAssertionsDatasetFacet"
)
DECIDED: Final = ("pass", "fail", "inconclusive", "not_assessable")
NAMESPACE: Final = uuid.UUID("6f9f4e0e-3d1e-5a57-9d53-6d5c1c7d2a10")


def render_openlineage(document: Document, *, at: str, namespace: str = "dpo-audit") -> bytes:
    """Return the event as UTF-8 JSON.

    Args:
        document: the result.
        at: when the audit ended, RFC 3339; injected.
        namespace: of the job and the datasets.
    """
    digest = hashlib.sha256(dump_document(document)).hexdigest()
    tool, pack = document["tool"], document["pack"]
    producer = f"https://pypi.org/project/{tool['name']}/{tool['version']}"
    event = {
        "eventType": "COMPLETE" if document["complete"] else "FAIL",
        "eventTime": at,
        "run": {"runId": str(uuid.uuid5(NAMESPACE, f"{digest} {at}")), "facets": {}},
        "job": {"namespace": namespace, "name": f"audit run --rules {pack['name']}", "facets": {}},
        "inputs": [_input(document, entry, namespace, producer) for entry in document["inputs"]],
        "outputs": [],
        "producer": producer,
        "schemaURL": EVENT,
    }
    return (json.dumps(event, indent=2, allow_nan=False) + "\n").encode()


def _input(document: Document, entry: Document, namespace: str, producer: str) -> dict[str, Any]:
    metrics: dict[str, Any] = {"rowCount": entry["rows"]["read"], "fileCount": 1, "columnMetrics": {}}
    if entry["bytes"] is not None:
        metrics["bytes"] = entry["bytes"]
    return {
        "namespace": namespace,
        "name": encodable(str(entry["name"])),
        "facets": {},
        "inputFacets": {
            "dataQualityMetrics": {"_producer": producer, "_schemaURL": METRICS, **metrics},
            "dataQualityAssertions": {
                "_producer": producer,
                "_schemaURL": ASSERTIONS,
                "assertions": [_assertion(rule) for rule in document["rules"] if rule["verdict"] in DECIDED],
            },
        },
    }


def _assertion(rule: Document) -> dict[str, Any]:
    """A rule that could not be decided has not succeeded: absence of evidence is never a pass."""
    part = "" if rule["slice"] is None else f" [{rule['slice']['by']} = {rule['slice']['value']}]"
    state = "" if rule["verdict"] in ("pass", "fail") else f" ({rule['verdict'].replace('_', ' ')})"
    return {
        "assertion": encodable(f"{rule['id']}{part}{state}"),
        "success": rule["verdict"] == "pass",
        "severity": "error" if rule["required"] or rule["severity"] == "blocker" else "warn",
        "name": rule["id"],
        "description": encodable(str(rule["title"])),
        "expected": limit(rule),
        "actual": number(rule["estimate"], rule["unit"]),
    }
