"""Documents that the report tests render."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from audit.resources import resource

from .sample_document import sample_document, sample_evidence


@pytest.fixture
def document() -> dict[str, Any]:
    """A fresh sample document that the test may change."""
    return sample_document()


@pytest.fixture
def evidence() -> list[dict[str, Any]]:
    """Evidence rows of the sample document's failed rule."""
    return sample_evidence()


@pytest.fixture(scope="session")
def validator() -> Draft202012Validator:
    """A validator of the published schema, itself checked."""
    schema = json.loads(resource("reports", "result.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)
