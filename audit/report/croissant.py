"""The result as Croissant 1.1 metadata with the RAI vocabulary 1.0: files by digest, and what was measured of them.

The JSON-LD is written here and only checked with the reference library, whose writer spells one RAI key wrongly. The
certificate stands beside as a file with its digest; it is never turned into metadata.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from audit.report.document import Document
from audit.report.figures import interval, number
from audit.report.safe import encodable

CONFORMS: Final = ("http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0")
_CR: Final = (
    *("arrayShape", "citeAs", "column", "containedIn", "equivalentProperty", "extract", "field", "fileProperty"),
    *("fileObject", "fileSet", "format", "includes", "isArray", "isLiveDataset", "jsonPath", "key", "md5"),
    *("parentField", "path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate", "separator"),
    *("source", "subField", "transform"),
)
CONTEXT: Final[Mapping[str, Any]] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{name: f"cr:{name}" for name in _CR},
}
"""The context that the specification gives for version 1.1, less its language maps: names here are plain text."""
MEDIA: Final[Mapping[str, str]] = {
    "JSON Lines": "application/jsonlines",
    "JSON": "application/json",
    "Parquet": "application/x-parquet",
    "CSV": "text/csv",
    "TSV": "text/tab-separated-values",
    "Arrow": "application/vnd.apache.arrow.file",
}
ANNOTATION: Final = ("agreement.",)
BIASES: Final = ("POS", "LEN", "STY", "BAL")


def render_croissant(
    document: Document,
    *,
    name: str,
    published: str,
    license_url: str | None = None,
    url: str | None = None,
    certificate: tuple[str, str] | None = None,
) -> bytes:
    """Return the metadata as UTF-8 JSON-LD.

    Args:
        document: the result.
        name: of the dataset.
        published: date, ISO 8601; injected.
        license_url: of the dataset; None: said to be unknown.
        url: where the dataset is described; None: its name stands in.
        certificate: file name and hex SHA-256 of the certificate, where there is one.
    """
    files = [_file(entry) for entry in document["inputs"] if entry["sha256"]]
    if certificate is not None:
        files.append(_object(certificate[0], certificate[1], "application/vnd.dev.sigstore.bundle.v0.3+json", None))
    told: dict[str, Any] = {
        "@context": dict(CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": list(CONFORMS),
        "name": name,
        "description": " ".join(document["summary"]),
        "url": url or f"urn:dataset:{name}",
        "license": license_url or "unknown",
        "version": _version(document),
        "datePublished": published,
        "distribution": files,
        **{key: value for key, value in _rai(document).items() if value},
    }
    return (json.dumps(_encodable(told), indent=2, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _version(document: Document) -> str:
    """Croissant asks for MAJOR.MINOR.PATCH; deliveries have none, so the version is that of this description."""
    return f"{document['tool']['version']}"


def _file(entry: Document) -> dict[str, Any]:
    kind = str(entry["format"]).split(",")[0]
    media = "application/gzip" if "gzip" in str(entry["format"]) else MEDIA.get(kind, "application/octet-stream")
    return _object(str(entry["name"]), str(entry["sha256"]), media, entry["bytes"])


def _object(name: str, sha256: str, media: str, size: int | None) -> dict[str, Any]:
    told = {
        "@type": "cr:FileObject",
        "@id": name,
        "name": name,
        "contentUrl": name,
        "encodingFormat": media,
        "sha256": sha256.removeprefix("sha256:"),
    }
    return told if size is None else {**told, "contentSize": f"{size} B"}


def _rai(document: Document) -> dict[str, Any]:
    return {
        "rai:dataAnnotationAnalysis": list(_measures(document, ANNOTATION)),
        "rai:annotationsPerItem": _votes(document),
        "rai:dataBiases": list(_findings(document, BIASES)),
        "rai:dataLimitations": [*document["limitations"], *_unassessed(document)],
        "rai:dataUseCases": _use(document),
    }


def _measures(document: Document, prefixes: tuple[str, ...]) -> Iterator[str]:
    for measure in document["measures"]:
        if measure["slice"] is None and measure["value"] is not None and measure["name"].startswith(prefixes):
            ends = ""
            if measure["low"] is not None:
                ends = interval(measure["low"], measure["high"], measure["unit"])
                ends = f", {ends} ({measure['level']:.0%} interval)"
            yield f"{measure['name']}: {number(measure['value'], measure['unit'])}{ends}, n {measure['n']}"


def _votes(document: Document) -> str | None:
    judgments, comparisons = document["judgments"], document["comparisons"]
    if not judgments or not comparisons:
        return None
    return f"{judgments / comparisons:.2f} on average: {judgments} judgments of {comparisons} comparisons"


def _findings(document: Document, families: tuple[str, ...]) -> Iterator[str]:
    for rule in document["rules"]:
        if rule["slice"] is None and rule["id"].startswith(families) and rule["verdict"] in ("fail", "inconclusive"):
            yield f"{rule['id']} {rule['verdict']}: {rule['title']}; {rule['message']}"


def _unassessed(document: Document) -> Iterator[str]:
    for rule in document["rules"]:
        if rule["slice"] is None and rule["verdict"] == "not_assessable":
            yield f"{rule['id']} could not be assessed: {rule['title']}"


def _use(document: Document) -> str:
    pack = document["pack"]
    return (
        f"Preference training. Audited with the rules {pack['name']} {pack['version']}: verdict {document['verdict']}, "
        f"level {document['level']}."
    )


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    return {key: _encodable(item) for key, item in value.items()} if isinstance(value, dict) else value
