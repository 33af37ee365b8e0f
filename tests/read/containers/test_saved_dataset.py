"""Folders that Hugging Face `datasets` saved to disk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from audit.errors import InputError
from audit.read.open import open_sources

datasets = pytest.importorskip("datasets")

pytestmark = pytest.mark.filterwarnings("ignore")

ROWS = [{"prompt": f"p{n}", "chosen": "yes", "rejected": None if n % 2 else "no"} for n in range(10)]


@pytest.fixture(autouse=True)
def quiet() -> None:
    """No progress bars."""
    datasets.disable_progress_bars()


def test_a_saved_dataset(tmp_path: Path, read_all: Any) -> None:
    """The shards that the state names, in order; stale caches beside them do not count."""
    datasets.Dataset.from_list(ROWS).save_to_disk(tmp_path / "saved", num_shards=2)
    (tmp_path / "saved" / "cache-0.arrow").write_bytes(b"stale")
    (tmp_path / "saved" / "data-00009-of-00010.arrow").write_bytes(b"stale")
    found = open_sources([str(tmp_path / "saved")])
    assert [container.name for container in found] == ["data-00000-of-00002.arrow", "data-00001-of-00002.arrow"]
    assert [record for container in found for record in read_all(container).records] == ROWS
    assert [container.split for container in found] == [None, None]


def test_a_saved_dictionary_of_splits(tmp_path: Path, read_all: Any) -> None:
    """Each split is read under its name."""
    splits = {"train": datasets.Dataset.from_list(ROWS[:7]), "test": datasets.Dataset.from_list(ROWS[7:])}
    datasets.DatasetDict(splits).save_to_disk(tmp_path / "saved")
    found = {container.split: read_all(container).records for container in open_sources([str(tmp_path / "saved")])}
    assert found == {"train": ROWS[:7], "test": ROWS[7:]}


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"_data_files": [{"filename": "../x.arrow"}]}, "list of data files"),
        ({"_data_files": [{"filename": "gone.arrow"}]}, "missing"),
        ({"_data_files": "all"}, "no list"),
        ({"_indices_data_files": [{"filename": "i.arrow"}]}, "flatten_indices"),
        (None, "not valid JSON"),
    ],
)
def test_a_broken_state_is_an_error(change: dict[str, Any] | None, match: str, tmp_path: Path) -> None:
    """A description that cannot be trusted is refused: no outside file, no missing shard, no selection."""
    datasets.Dataset.from_list(ROWS).save_to_disk(tmp_path / "saved")
    state = tmp_path / "saved" / "state.json"
    state.write_text("{" if change is None else json.dumps(json.loads(state.read_text()) | change))
    with pytest.raises(InputError, match=match):
        open_sources([str(tmp_path / "saved")])
