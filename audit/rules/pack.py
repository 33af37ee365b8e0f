"""Rules and rule packs as values: what a threshold is about, which side passes, who answers for it, and why."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields
from enum import Enum, StrEnum
from typing import Final, NamedTuple

from audit.canonical import digest
from audit.measure import Kind

FORMAT: Final = 1
"""Version of the pack format. It rises when an old pack would be read differently."""


class Operator(StrEnum):
    """The closed set of comparisons. Each is a band of values, so that weaker and stricter can be decided."""

    LE = "le"
    GE = "ge"
    BETWEEN = "between"
    WITHIN = "within"
    EQ = "eq"


class Level(StrEnum):
    """What a dataset that passes every required rule of a pack may be called."""

    DPO_READY = "DPO-READY"
    STRUCTURAL_ONLY = "STRUCTURAL-ONLY"


class Severity(StrEnum):
    """What a fail means to the buyer, worst first."""

    BLOCKER = "blocker"
    MAJOR = "major"
    MINOR = "minor"
    INFO = "info"


class Basis(StrEnum):
    """Where a limit comes from. Policy is our choice and is never presented as science."""

    POLICY = "policy"
    LITERATURE = "literature"
    SPECIFICATION = "specification"


COUNTED: Final = (Severity.BLOCKER, Severity.MAJOR)
"""Severities of an optional rule whose fail fails the whole; the milder ones only warn."""


class SliceMode(StrEnum):
    """Which slices a rule looks at."""

    OVERALL = "overall"
    """The whole file only."""
    EACH = "each"
    """Every slice must pass on its own bound: another intersection-union test, so no correction for passing."""
    WORST = "worst"
    """The whole file must pass and no slice may fail after Holm's correction; a slice need not pass."""


class Multiplicity(StrEnum):
    """How fails among the slices of one rule are corrected for their number."""

    NONE = "none"
    HOLM = "holm"


class OnFail(StrEnum):
    """What crossing the fail limit means."""

    FAIL = "fail"
    NOT_ASSESSABLE = "not_assessable"
    """The property is a precondition: without it other rules have nothing to stand on."""


class OnInconclusive(StrEnum):
    """What an undecided bound does to the verdict. The vendor bears the burden of a required rule."""

    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    WARN = "warn"


class OnInsufficient(StrEnum):
    """What too few units do."""

    NOT_ASSESSABLE = "not_assessable"
    FAIL = "fail"


class Band(NamedTuple):
    """A closed interval of values; an end may be infinite."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Condition:
    """A second measure that must agree, decided on its value: a fail needs it broken, a pass needs it kept."""

    measure: str
    operator: Operator
    limit: float


@dataclass(frozen=True, slots=True)
class Slicing:
    """Which slices are judged."""

    mode: SliceMode = SliceMode.OVERALL
    by: tuple[str, ...] = ()
    """Slice columns; empty: every column that the measure was sliced by, but those left out."""
    leave_out: tuple[str, ...] = ()
    """Slice columns that are no slices of the data, such as the annotators of a rate."""
    min_n: int = 1
    """Units a slice needs to be judged, in mode worst."""

    def takes(self, column: str) -> bool:
        """True when slices by that column are judged."""
        return column in self.by if self.by else column not in self.leave_out


@dataclass(frozen=True, slots=True)
class Decision:
    """How sure a bound must be, and how many units it must rest on."""

    confidence: float = 0.95
    """One-sided, of each bound."""
    multiplicity: Multiplicity = Multiplicity.NONE
    min_n: int = 1
    """Units below which nothing is said."""
    pass_n: int = 1
    """Effective units below which no outcome could pass, or a pass would mean nothing."""
    min_df: float = 0.0
    """Degrees of freedom (clusters - 1) below which a clustered interval decides nothing."""


Limit = float | tuple[float, float]


@dataclass(frozen=True, slots=True)
class Rule:
    """One threshold on one measure."""

    id: str
    version: int
    title: str
    """The defect, as a headline."""
    name: str
    """The defect in kebab case: "waive position-bias" reads well."""
    measure: str
    kind: Kind
    operator: Operator
    limit: Limit
    rationale: str
    remediation: str
    basis: Basis
    severity: Severity
    required: bool
    since: str
    fail_limit: Limit | None = None
    """Beyond it the claim "bad" is made; None: the same as `limit`."""
    center: float | None = None
    """Middle of a `within` band; `limit` is then its half-width."""
    also: Condition | None = None
    needs: tuple[str, ...] = ()
    """Rules whose crossing of their fail limit leaves this one meaningless (confounded)."""
    slicing: Slicing = Slicing()
    decision: Decision = Decision()
    on_fail: OnFail = OnFail.FAIL
    on_inconclusive: OnInconclusive = OnInconclusive.WARN
    on_insufficient: OnInsufficient = OnInsufficient.NOT_ASSESSABLE
    waivable: bool = True
    applies: bool = True
    """False: declared out of scope by an override, with a reason."""
    scope_reason: str | None = None
    owner: str = "policy"
    reference: tuple[str, ...] = ()
    origin: str = ""
    """name@version of the pack that brought it in."""

    @property
    def pass_band(self) -> Band:
        """Values that are good; both bounds must lie in it to pass."""
        return band(self.operator, self.limit, self.center)

    @property
    def fail_band(self) -> Band:
        """Values that are not yet bad; a bound wholly outside it fails."""
        return band(self.operator, self.limit if self.fail_limit is None else self.fail_limit, self.center)


def band(operator: Operator, limit: Limit, center: float | None = None) -> Band:
    """Return the closed band of values that satisfy `operator limit`.

    Raises:
        ValueError: when the limit has the wrong shape for the operator, or `within` has no center.
    """
    if isinstance(limit, tuple):
        if operator is not Operator.BETWEEN:
            raise ValueError(f"{operator} takes one number, not two")
        return Band(*limit)
    match operator:
        case Operator.LE:
            return Band(-math.inf, limit)
        case Operator.GE:
            return Band(limit, math.inf)
        case Operator.EQ:
            return Band(limit, limit)
        case Operator.WITHIN if center is not None:
            return Band(center - limit, center + limit)
        case _:
            raise ValueError(f"{operator} needs {'a center' if operator is Operator.WITHIN else 'two numbers'}")


@dataclass(frozen=True, slots=True)
class Weakening:
    """An override that asks less than the pack it extends."""

    rule: str
    key: str
    was: str
    now: str
    reason: str
    pack: str


@dataclass(frozen=True)
class RulePack:
    """A resolved pack: its own rules and those of the packs that it extends, overrides applied."""

    name: str
    version: str
    title: str
    level: Level
    rules: tuple[Rule, ...]
    extends: tuple[str, ...] = ()
    """name@version#sha256:digest of each pack extended."""
    bases: tuple[RulePack, ...] = field(default=(), repr=False)
    weakened: tuple[Weakening, ...] = ()
    description: str = ""

    @property
    def ref(self) -> str:
        """name@version."""
        return f"{self.name}@{self.version}"

    @property
    def digest(self) -> str:
        """The word sha256, a colon, and the hex digest of the RFC 8785 form of the resolved pack."""
        return digest(self.document())

    def rule(self, code: str) -> Rule | None:
        """Return the rule of that id, or None."""
        return next((rule for rule in self.rules if rule.id == code), None)

    def document(self) -> dict[str, object]:
        """Return the resolved pack as plain JSON values; rules by id, values that equal their default left out."""
        return {
            "format": FORMAT,
            "name": self.name,
            "version": self.version,
            "title": self.title,
            "level": self.level.value,
            "description": self.description,
            "extends": list(self.extends),
            "rules": [_plain(rule) for rule in self.rules],
            "weakened": [_plain(weakening) for weakening in self.weakened],
        }


def _plain(value: object) -> object:
    """Return a value as plain JSON, without what equals its default: a new optional key leaves old digests alone."""
    if isinstance(value, Rule | Condition | Slicing | Decision | Weakening):
        named = {f.name: getattr(value, f.name) for f in fields(value) if getattr(value, f.name) != f.default}
        return {name: _plain(item) for name, item in named.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
