"""Rules know thresholds, not statistics: packs of them are data, judged on measures, never on rows."""

from audit.rules.decision import Verdict
from audit.rules.findings import Finding
from audit.rules.judging import NO_LEVEL, Judgement, judge
from audit.rules.lint import check_pack
from audit.rules.loading import bundled_packs, load_pack
from audit.rules.pack import Rule, RulePack, Weakening
from audit.rules.waivers import Waivers, load_waivers

__all__ = [
    "NO_LEVEL",
    "Finding",
    "Judgement",
    "Rule",
    "RulePack",
    "Verdict",
    "Waivers",
    "Weakening",
    "bundled_packs",
    "check_pack",
    "judge",
    "load_pack",
    "load_waivers",
]
