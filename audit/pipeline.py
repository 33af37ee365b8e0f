"""The main job, end to end: read, extract, measure, judge, and assemble the result."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from audit.assembly import assemble
from audit.auditor import Auditor, audit_with
from audit.certificate.clock import current_time
from audit.choices import Choices
from audit.duplicates.clusters import THRESHOLD
from audit.duplicates.leakage import Corpus
from audit.duplicates.search import Copies, find_copies
from audit.duplicates.tables import cluster_table, leak_table
from audit.engine.extraction import Work, extract_here, extract_on
from audit.engine.local import Progress, default_workers, silent
from audit.engine.opening import ENGINES, LOCAL, is_engine, opened
from audit.errors import UsageError
from audit.evidence import collect
from audit.frames import Frame, check_frame
from audit.language.identify import add_languages
from audit.ledger import Look, content_of, take_look, write_verdict
from audit.measure import Outcome
from audit.outputs import write_outputs
from audit.reading import Reading, Selection, bind
from audit.report.audience import AUDIENCES, INTERNAL
from audit.result import AuditResult
from audit.review.acceptance import ERROR
from audit.review.record import Reviewed, ReviewFiles
from audit.review.reviewing import reviewed
from audit.roster import auditors
from audit.rules import RulePack, Waivers, judge, load_pack
from audit.signals import Signals
from audit.sources import open_any
from audit.store import open_signals, prune
from audit.targets import Targets
from audit.words.search import add_words


@dataclass(frozen=True)
class Options:
    """How to run; none of it may change a number in the result."""

    workers: int | None = None
    """Threads; None: one a processor."""
    cache: Path | None = None
    """Where signals of unchanged files are kept; None: a temporary folder."""
    progress: Progress = silent
    audience: str = INTERNAL
    """Who reads the files: for external readers none holds text of any row."""
    engine: str = LOCAL
    """What files are read on: local, ray or spark."""
    engine_address: str | None = None
    """Of an existing cluster; None: one on this machine."""

    def __post_init__(self) -> None:
        """Refuse a misspelt audience before anything is read: it must not show what should be hidden."""
        if self.audience not in AUDIENCES:
            raise UsageError("no such audience", got=self.audience, expected=" or ".join(AUDIENCES))
        if self.engine not in ENGINES:
            raise UsageError("no such engine", got=self.engine, expected=" or ".join(ENGINES))
        if self.engine_address and not is_engine(self.engine):
            raise UsageError("the local engine has no address", got=self.engine_address, fix="name --engine too")


def run(
    source: object,
    *,
    rules: str | os.PathLike[str] = "dpo-ready",
    mapping: str | os.PathLike[str] | None = None,
    overrides: Sequence[str] = (),
    layout: str | None = None,
    targets: Targets | None = None,
    against: Sequence[str] = (),
    duplicates: bool = True,
    words: bool = False,
    waivers: Waivers | None = None,
    review: tuple[str | os.PathLike[str], str | os.PathLike[str]] | None = None,
    ledger: tuple[str | os.PathLike[str], str | None] | None = None,
    out: str | os.PathLike[str] | None = None,
    audience: str = INTERNAL,
    workers: int | None = None,
    cache: str | os.PathLike[str] | None = None,
    engine: str = LOCAL,
    engine_address: str | None = None,
) -> AuditResult:
    """Audit preference data.

    Args:
        source: a path, glob, folder or URL, a list of them, a pandas DataFrame, a pyarrow Table or a
            `datasets.Dataset`.
        rules: a bundled rule pack's name, or the path of one.
        mapping: a mapping file, as `audit inspect` writes it; None: detect the layout.
        overrides: one-off mapping entries such as "chosen=answer_a".
        layout: read by this layout instead of detecting one.
        targets: declared shares of slice values by column, such as {"locale": {"en-US": 0.6, "de-DE": 0.4}}.
        against: files that must not be trained on: evaluation sets, benchmarks, earlier deliveries.
        duplicates: look for near duplicates and leaks.
        words: hold out a bag of words too; reads the texts of 4,000 labels again.
        waivers: findings that somebody answers for, as `audit.rules.load_waivers` reads them.
        review: filled worklist and key of a hand review of these data.
        ledger: ledger of re-audits, and what the dataset is called there; None for its only one.
        out: folder to write result.json, report.html, rejects.jsonl, evidence.parquet, duplicates.parquet and
            certificate.json to.
        audience: internal, or external: no file in `out` holds text of any row.
        workers: threads; None: one a processor.
        cache: folder where signals of unchanged files are kept; None: none are kept.
        engine: what files are read on: local, ray or spark; it changes no number.
        engine_address: of an existing cluster; None: one on this machine.

    Raises:
        InputError: the source cannot be read, or a DataFrame does not fit its mapping.
        LayoutError: the layout is unknown, or two readings are equally good.
        MappingError: the mapping does not fit.
        RulePackError: the pack is not valid.
        VerificationError: the hand review is of other data.
    """
    selection = Selection.of(os.fspath(mapping) if mapping else None, overrides, layout)
    options = Options(
        workers, Path(cache) if cache else None, audience=audience, engine=engine, engine_address=engine_address
    )
    choices = Choices(
        targets=targets,
        against=tuple(against),
        duplicates=duplicates,
        words=words,
        waivers=waivers,
        review=ReviewFiles(os.fspath(review[0]), os.fspath(review[1])) if review else None,
    )
    entered = None if ledger is None else (Path(ledger[0]), ledger[1])
    return run_entered(entered, source, selection=selection, rules=rules, choices=choices, options=options, out=out)


def run_entered(
    ledger: tuple[Path, str | None] | None,
    source: object,
    *,
    selection: Selection,
    rules: str | os.PathLike[str],
    choices: Choices,
    options: Options,
    out: str | os.PathLike[str] | None = None,
) -> AuditResult:
    """Audit as `run_audit` does, entering the look in a ledger before and its verdict after; None: in none."""
    if ledger is None:
        return run_audit(source, selection=selection, rules=rules, choices=choices, options=options, out=out)
    path, subject = ledger
    pack = load_pack(os.fspath(rules)).digest
    content = content_of([container.digest() for container in open_any(source)])
    look = take_look(path, subject, pack, content, current_time())
    counted = replace(choices, look=look)
    result = run_audit(source, selection=selection, rules=rules, choices=counted, options=options, out=out)
    write_verdict(path, look, pack, content, result.verdict, current_time())
    return result


def run_audit(
    source: object,
    *,
    selection: Selection,
    rules: str | os.PathLike[str],
    choices: Choices | None = None,
    options: Options | None = None,
    out: str | os.PathLike[str] | None = None,
) -> AuditResult:
    """Audit preference data with everything resolved; `run` and the command line both come here."""
    options, choices = options or Options(), choices or Choices()
    pack = load_pack(os.fspath(rules))
    _check_policy(pack, choices)
    level = None if choices.look is None else choices.look.level
    readings = [bind(container, selection) for container in open_any(source)]
    protected = _protected(choices.against)
    review = _reviewed(readings, choices, options) if choices.review else None
    for reading in readings:
        if isinstance(reading.container, Frame):
            check_frame(reading.container.frame, reading.mapping)
    stored = any(reading.container.size is not None for reading in readings)
    with _store(options.cache if stored else None) as store:
        data = _corpus(readings, store, options, sketched=choices.duplicates)
        shards, signals, copies = data.shards, data.signals, None
        if choices.duplicates:
            copies = _search(data, protected, store, options)
            signals = copies.extend(signals)
        signals = _read_again(readings, signals, choices, options)
        outcomes = _measure(auditors(choices.targets, protected, review, level), signals, options.progress)
        measures = [measure for outcome in outcomes for measure in outcome.measures]
        files = [reading.container.digest() for reading in readings]
        judgement = judge(_strict(pack, choices.look), measures, outcomes, choices.waivers, files)
        evidence = collect(judgement.findings, readings, signals)
        document = assemble(readings, shards, signals, outcomes, pack, judgement, choices)
        tables = {} if copies is None else _tables(copies, signals)
        result = AuditResult(document, tuple(outcomes), judgement.findings, tuple(evidence), tables)
        if out is None:
            return result
        rejects = (reject for r, s in zip(readings, shards, strict=True) for reject in s.rejects(r.name))
        return replace(result, written=write_outputs(result, rejects, Path(out), options.audience))


def duplicate_tables(
    source: object,
    *,
    selection: Selection,
    against: Sequence[str] = (),
    threshold: float = THRESHOLD,
    options: Options | None = None,
) -> tuple[dict[str, pa.Table], int]:
    """Return the members of every near-duplicate cluster (`duplicates`) and, where anything is protected, `leakage`.

    The number is that of comparisons for which the search was cut.

    Args:
        source: as for `run`.
        selection: how the source is read.
        against: protected sets.
        threshold: least Jaccard similarity.
        options: how to run.
    """
    with searched(source, selection=selection, against=against, threshold=threshold, options=options) as (data, copies):
        cut = int(data.signals.ints("near_cut").sum()) if data.signals.has("near_cut") else 0
        return _tables(copies, data.signals), cut


@contextmanager
def searched(
    source: object,
    *,
    selection: Selection,
    against: Sequence[str] = (),
    threshold: float = THRESHOLD,
    options: Options | None = None,
) -> Iterator[tuple[Corpus, Copies]]:
    """Yield the data, their signals with the columns of near duplicates and leaks, and what was found.

    Args:
        source: as for `run`.
        selection: how the source is read.
        against: protected sets.
        threshold: least Jaccard similarity.
        options: how to run.
    """
    options = options or Options()
    readings = [bind(container, selection) for container in open_any(source)]
    protected = _protected(against)
    stored = any(reading.container.size is not None for reading in readings)
    with _store(options.cache if stored else None) as store:
        data = _corpus(readings, store, options, sketched=True)
        copies = _search(data, protected, store, options, threshold)
        yield replace(data, signals=copies.extend(data.signals)), copies


@contextmanager
def joined(groups: Sequence[Sequence[Reading]], options: Options) -> Iterator[Corpus]:
    """Yield several datasets as one, each behind the one before it, with sketches of their texts."""
    with _store(options.cache) as store:
        first, *others = (_corpus(group, store, options, sketched=True) for group in groups)
        for other in others:
            first = first.joined(other)
        yield first


def _reviewed(readings: Sequence[Reading], choices: Choices, options: Options) -> Reviewed | None:
    if choices.review is None:
        return None
    error = ERROR if choices.look is None else choices.look.alpha
    return reviewed(readings, choices.review, options.progress, error)


def _strict(pack: RulePack, look: Look | None) -> RulePack:
    """Return the pack with what this look may spend in place of a larger error; its digest stays that of the file."""
    if look is None:
        return pack
    least = 1 - look.alpha
    rules = tuple(
        replace(rule, decision=replace(rule.decision, confidence=max(rule.decision.confidence, least)))
        for rule in pack.rules
    )
    return replace(pack, rules=rules)


def _protected(names: Sequence[str]) -> list[Reading]:
    return [bind(container, Selection()) for container in open_any(list(names))] if names else []


def _check_policy(pack: RulePack, choices: Choices) -> None:
    """What cannot be judged as asked is said before anything is read."""
    if choices.waivers is not None:
        choices.waivers.check(pack.rules)
    if choices.lock is not None and choices.lock.pack != pack.digest:
        raise UsageError(
            "the policy lock commits to another rule pack",
            where="--lock",
            got=choices.lock.pack,
            expected=f"{pack.digest} ({pack.ref})",
        )


def _corpus(readings: Sequence[Reading], store: Path, options: Options, *, sketched: bool) -> Corpus:
    work = Work(store, options.workers or default_workers(), sketched)
    spread = is_engine(options.engine) and all(reading.container.size is not None for reading in readings)
    if spread and readings:
        with opened(options.engine, options.engine_address, options.workers) as engine:
            shards = extract_on(engine, readings, work, options.progress)
    else:
        shards = extract_here(readings, work, options.progress)
    pa.default_memory_pool().release_unused()  # of the chunks of text; columns come in other sizes
    return Corpus(readings, shards, open_signals([(r.name, shard) for r, shard in zip(readings, shards, strict=True)]))


def _search(
    data: Corpus, protected: Sequence[Reading], store: Path, options: Options, threshold: float = THRESHOLD
) -> Copies:
    against = _corpus(protected, store, options, sketched=True) if protected else None
    options.progress("looking for near duplicates", 0, None)
    with ThreadPoolExecutor(options.workers or default_workers(), thread_name_prefix="search") as pool:
        return find_copies(data, against, pool, threshold)


def _read_again(readings: Sequence[Reading], signals: Signals, choices: Choices, options: Options) -> Signals:
    """Add what takes a second look at some texts: words where asked for, languages where a locale is recorded."""
    with ThreadPoolExecutor(options.workers or default_workers(), thread_name_prefix="texts") as pool:
        if choices.words:
            options.progress("holding out a bag of words", 0, None)
            signals = add_words(signals, readings, pool)
        return add_languages(signals, readings, pool)


def _tables(copies: Copies, signals: Signals) -> dict[str, Any]:
    tables = {"duplicates": cluster_table(copies.near, signals)}
    if copies.leaks:
        tables["leakage"] = leak_table(copies.leaks, copies.whole)
    return tables


@contextmanager
def _store(cache: Path | None) -> Iterator[Path]:
    """Yield the folder that shards go to: the cache, pruned afterwards, or a folder that goes away."""
    if cache is None:
        with tempfile.TemporaryDirectory(prefix="dpo-audit-") as folder:
            yield Path(folder)
        return
    cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    yield cache
    prune(cache)


def _measure(chosen: Sequence[Auditor], signals: Signals, progress: Progress) -> list[Outcome]:
    outcomes = []
    for done, auditor in enumerate(chosen):
        progress(f"measuring {auditor.name}", done, len(chosen))
        outcomes.append(audit_with(auditor, signals))
    return outcomes
