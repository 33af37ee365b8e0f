"""Run in the environment of setup.sh: read_metadata.py CROISSANT OPENLINEAGE; prints what the readers understood."""

import json
import sys

import attr
import mlcroissant
from openlineage.client.generated.data_quality_assertions_dataset import Assertion, DataQualityAssertionsDatasetFacet
from openlineage.client.generated.data_quality_metrics_input_dataset import DataQualityMetricsInputDatasetFacet

dataset = mlcroissant.Dataset(sys.argv[1])
metadata = dataset.metadata
event = json.load(open(sys.argv[2]))  # noqa: PTH123, SIM115 - a script of a few lines
facets = event["inputs"][0]["inputFacets"]
assertions = facets["dataQualityAssertions"]
metrics = facets["dataQualityMetrics"]
read = DataQualityAssertionsDatasetFacet(assertions=[Assertion(**one) for one in assertions["assertions"]])
own = {key: value for key, value in metrics.items() if not key.startswith("_")}
counted = DataQualityMetricsInputDatasetFacet(**own)
sys.stdout.write(
    json.dumps(
        {
            "errors": sorted(metadata.issues.errors),
            "name": metadata.name,
            "conforms": metadata.conforms_to,
            "sha256": [file.sha256 for file in metadata.distribution],
            "biases": metadata.data_biases,
            "analysis": metadata.data_annotation_analysis,
            "schemas": [read._schemaURL, counted._schemaURL],
            "declared": [assertions["_schemaURL"], metrics["_schemaURL"]],
            "assertions": len(attr.asdict(read)["assertions"]),
            "rows": counted.rowCount,
        }
    )
)
