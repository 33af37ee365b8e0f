"""What a self-test found, as a page for people and as values for machines."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from audit.report.blocks import Cell, Page, Said, Section, Table
from audit.selftest.running import Clean, Planted, Rate, SelfTest

MOST_OTHERS = 4


def selftest_page(found: SelfTest) -> Page:
    """Return the page: the aims first, then every defect at every dose, then clean files."""
    missed = [f"{p.defect.name} at {p.dose:g}" for p in found.planted if p.holds is False]
    missed += [f"{c.family} on clean files" for c in found.clean if c.holds is False]
    unsure = sum(one.holds is None for one in found.planted) + sum(one.holds is None for one in found.clean)
    verdict = Said(f"Missed: {', '.join(missed)}.", "fail") if missed else Said("No aim was missed.", "pass")
    many = len({p.defect.name for p in found.planted})
    about = (
        f"{many} defects planted into {found.comparisons:,} comparisons, {found.runs} files each. Aims: found in at "
        "least 95 % of files; at most 5 % of clean files accused, by family; at most 5 % of files passed whose truth "
        "is just at the limit. An aim is shown when its interval lies within; that takes 59 files."
    )
    lead: list[Cell] = [about]
    if unsure:
        lead.append(f"{unsure} lines have too few runs to tell either way: more runs (--runs) narrow the intervals.")
    if found.unusable:
        lead.append(f"Not planted, as their rules do not pass on these data as they are: {', '.join(found.unusable)}.")
    return Page(
        kicker="Self-test",
        title="What the audit finds of defects that are known to be there",
        verdict=verdict,
        lead=lead,
        sections=[
            Section("Planted defects", [Table("Planted", _HEADS, list(_planted(found)))]),
            Section("Clean files", [Table("Clean", ("family", "#accused", "#undecided", "aim"), list(_clean(found)))]),
        ],
        foot="Shares of files, with the interval of Clopper and Pearson at 90 %.",
    )


_HEADS = ("defect", "rules", "#dose", "of", "#found", "#failed", "#listed rows that are planted", "aim", "also fired")


def _planted(found: SelfTest) -> Iterator[tuple[Cell, ...]]:
    for one in found.planted:
        others = [f"{rule} ({count})" for rule, count in sorted(one.others.items(), key=lambda o: (-o[1], o[0]))]
        more = f" and {len(others) - MOST_OTHERS} more" if len(others) > MOST_OTHERS else ""
        located = "-" if one.located is None else f"{one.located.hits:,} of {one.located.n:,}"
        yield (
            f"{one.defect.name} (at the limit)" if one.is_limit else one.defect.name, ", ".join(one.defect.rules),
            f"{one.dose:g}", one.defect.unit, _rate(one.caught), _rate(one.failed), located, _aim(one),
            ", ".join(others[:MOST_OTHERS]) + more or "-",
        )  # fmt: skip


def _clean(found: SelfTest) -> Iterator[tuple[Cell, ...]]:
    for one in found.clean:
        yield one.family, _rate(one.failed), _rate(one.undecided), _aim(one)


def _rate(rate: Rate) -> str:
    low, high = rate.interval
    return f"{rate.hits} of {rate.n} ({low:.2f} to {high:.2f})"


def _aim(one: Planted | Clean) -> Said:
    if one.holds is None:
        return Said("open", "inconclusive")
    if not one.holds:
        return Said("missed", "fail")
    return Said("shown" if one.is_shown else "no miss", "pass")


def selftest_document(found: SelfTest) -> dict[str, Any]:
    """Return the outcome as JSON values."""
    return {
        "holds": found.holds,
        "runs": found.runs,
        "comparisons": found.comparisons,
        "not_planted": list(found.unusable),
        "planted": [
            {
                "defect": one.defect.name, "family": one.defect.family, "rules": list(one.defect.rules),
                "dose": one.dose, "unit": one.defect.unit, "is_limit": one.is_limit, "found": _values(one.caught),
                "failed": _values(one.failed), "located": None if one.located is None else _values(one.located),
                "others": one.others, "holds": one.holds,
            }
            for one in found.planted
        ],
        "clean": [
            {
                "family": one.family, "failed": _values(one.failed), "undecided": _values(one.undecided),
                "holds": one.holds,
            }
            for one in found.clean
        ],
    }  # fmt: skip


def _values(rate: Rate) -> dict[str, Any]:
    low, high = rate.interval
    return {"hits": rate.hits, "n": rate.n, "low": round(low, 6), "high": round(high, 6)}
