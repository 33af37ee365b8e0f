"""audit.toml: found, read strictly, completed by the command line; and the commands that write files for a shell."""

from __future__ import annotations

import base64
import json
import subprocess
import tomllib
from pathlib import Path

import pytest

from audit.cli import main
from audit.config import find_config, load_config
from audit.errors import UsageError
from audit.resources import resource


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a delivery, settings at its root, and the working directory below."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "deliveries").mkdir()
    (tmp_path / "code" / "train").mkdir(parents=True)
    rows = [
        {"prompt": f"Q{i}?", "chosen": f"Answer {i}.", "rejected": f"No {i}.", "locale": "da" if i % 2 else "de"}
        for i in range(40)
    ]
    (tmp_path / "deliveries" / "one.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "audit.toml").write_text(
        'data = ["deliveries/*.jsonl"]\nrules = "structural"\nout = "here"\n[outputs]\njunit = "ci/junit.xml"\n'
        "[coverage.locale]\nda = 0.5\nde = 0.5\n"
    )
    monkeypatch.chdir(tmp_path / "code" / "train")
    return tmp_path


def test_run_without_arguments(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Settings are found above, names in them are relative to them, and it is said where they came from."""
    assert main(["run", "--no-cache"]) == 0
    assert f"settings: {repository}/audit.toml" in capsys.readouterr().err
    document = json.loads((repository / "here" / "result.json").read_text())
    assert (document["pack"]["name"], document["inputs"][0]["name"]) == ("structural", "one.jsonl")
    assert (repository / "ci" / "junit.xml").is_file()
    measured = [m for m in document["measures"] if m["name"] == "balance.target_distance"]
    assert measured or any("target" in m["name"] and m["value"] is not None for m in document["measures"])


def test_the_command_line_goes_first(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Data, pack, folder and outputs of the command line replace those of the file; --no-config looks for none."""
    (repository / "other.jsonl").write_text('{"prompt": "Q", "chosen": "yes", "rejected": "yes"}\n')
    base = ["run", "../../other.jsonl", "--no-cache", "--quiet", "--out", "out"]
    assert main([*base, "--output", "gitlab=g.json"]) == 1
    assert json.loads(Path("out/result.json").read_text())["inputs"][0]["name"] == "other.jsonl"
    assert Path("g.json").is_file()
    assert not (repository / "ci").exists()
    assert main(["run", "--no-config", "--quiet"]) == 2
    assert "nothing to audit" in capsys.readouterr().err
    assert main([*base, "--no-config"]) == 1
    assert json.loads(Path("out/result.json").read_text())["pack"]["name"] == "dpo-ready"


def test_search_ends_at_the_root_of_the_repository(repository: Path) -> None:
    """A file above a repository is another project's."""
    inner = repository / "code" / ".git"
    inner.mkdir()
    assert find_config(repository / "code" / "train") is None
    assert find_config(repository) == repository / "audit.toml"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('rule = "x"', "did you mean 'rules'"),
        ("data = 3", "expected: a list"),
        ('fail_on = "newest"', "one of fail, warn, new"),
        ('audience = "everyone"', "one of internal, external"),
        ('[outputs]\njunitt = "x"', "did you mean 'junit'"),
        ("[coverage.locale]\nda = 0.5", "do not add up"),
        ("coverage = 3", "not a table"),
        ("data = [", "no TOML"),
        ('rules = "\\u001b[31m"', "not readable"),
    ],
)
def test_bad_settings_are_named(tmp_path: Path, content: str, said: str) -> None:
    """File, key, got, expected, and the nearest key there is."""
    path = tmp_path / "audit.toml"
    path.write_text(content)
    with pytest.raises(UsageError) as caught:
        load_config(path)
    assert str(path) in str(caught.value)
    assert said in str(caught.value)


def test_init_writes_settings_that_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once; every setting that is commented out is one that there is."""
    monkeypatch.chdir(tmp_path)
    assert main(["init", "a.jsonl", "b.jsonl"]) == 0
    assert load_config(tmp_path / "audit.toml").data == (str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl"))
    assert main(["init"]) == 2
    assert "there is one already" in capsys.readouterr().err

    text = resource("reports", "audit.toml").read_text("utf-8")
    settings = [
        line.removeprefix("# ") if "=" in line or line.startswith("# [") else line for line in text.splitlines()
    ]
    whole = "\n".join(line for line in settings if not line.startswith("#"))
    tomllib.loads(whole)
    (tmp_path / "audit.toml").write_text(whole)
    config = load_config(tmp_path / "audit.toml")
    assert config.fail_on == "new"
    assert config.audience == "external"
    assert len(config.outputs) == 5
    assert config.coverage == {"locale": {"en-US": 0.6, "de-DE": 0.4}}


def test_init_takes_any_name_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond ASCII, with quotes and backslashes: TOML has no escapes for halves of a character, JSON has."""
    monkeypatch.chdir(tmp_path)
    name = '\N{SLIGHTLY SMILING FACE} "quoted" back\\slash\t.jsonl'
    assert main(["init", name]) == 0
    assert load_config(tmp_path / "audit.toml").data == (str(tmp_path / name),)
    assert main(["init", "\udcff.jsonl", "--out", "elsewhere"]) == 2
    assert not (tmp_path / "elsewhere" / "audit.toml").exists()


def test_completion_is_a_script_that_a_shell_reads(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Bash takes it, and it knows the commands and their options."""
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out
    (tmp_path / "audit.bash").write_text(script)
    subprocess.run(["bash", "-n", str(tmp_path / "audit.bash")], check=True)
    assert "--fail-on" in script
    assert "verify" in script


def test_the_specification_of_the_settings_is_bound(repository: Path) -> None:
    """`audit sign` binds the training that the settings name, unless told otherwise."""
    training = Path(__file__).resolve().parents[1] / "fixtures" / "training"
    with (repository / "audit.toml").open("r+") as file:
        settings = file.read()
        file.seek(0)
        file.write(f'spec = "{training}/training.toml"\n{settings}')
    assert main(["run", "--no-cache", "--quiet"]) == 0
    assert main(["keygen", "--out", f"{repository}/keys", "--no-passphrase"]) == 0
    key = ["--key", f"{repository}/keys/audit.key"]
    assert main(["sign", f"{repository}/here", "--data", f"{repository}/deliveries/one.jsonl", *key]) == 0
    assert b"specDigest" in _payload(repository / "here" / "certificate.sigstore.json")


def _payload(bundle: Path) -> bytes:
    return base64.b64decode(json.loads(bundle.read_text())["dsseEnvelope"]["payload"])
