"""What a lab is made from: world, size, seed and the knobs of its nuisances, all checked."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

import numpy as np

from impact.core.errors import Fault, Place
from impact.core.nearest import nearest
from impact.core.texts import fault

# raised whenever the same settings give other numbers
GENERATOR = "1"
WORLDS = ("ac2020", "null", "mixed")
SIZES = ("small", "full")
DENOMINATORS = ("with", "without")
LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Knobs:
    """The nuisances of the lab; 0 switches one off.

    Arguments:
        rho_sort: correlation of the district's settlement weight with its latent trend of labour demand.
        iv_strength: correlation of the settlement of 2007 with today's settlement weights.
        trend_sd: standard deviation of the districts' trends, log points a year.
        ar: autocorrelation of the districts' shocks.
        overdispersion: variance of the multiplicative noise of crime counts.
        attrition: share of persons that is not found a year later.
        denominator: whether the population beside the crimes counts migrants.
        measurement: share of the variance of the registered stocks, within districts, that is classical error.
        lockdown: share of the employed of Lima without work in the second to fourth quarters of 2020.
        bunching: share of arrivals around the permit's cut-off that moved before it.
        lima_share: share of the migrants who live in the Lima metropolitan area.
        strong: 1 for the press figure of -0.11 in the group that loses jobs.
    """

    rho_sort: float = 0.3
    iv_strength: float = 0.6
    trend_sd: float = 0.02
    ar: float = 0.4
    overdispersion: float = 0.25
    attrition: float = 0.12
    denominator: str = "with"
    measurement: float = 0.2
    lockdown: float = 0.25
    bunching: float = 0.3
    lima_share: float = 0.75
    strong: float = 0.0


# knob → least and greatest value
RANGES: Mapping[str, tuple[float, float]] = {
    "rho_sort": (-0.95, 0.95),
    "iv_strength": (0.0, 1.0),
    "trend_sd": (0.0, 0.2),
    "ar": (0.0, 0.95),
    "overdispersion": (0.0, 2.0),
    "attrition": (0.0, 0.6),
    "measurement": (0.0, 0.9),
    "lockdown": (0.0, 0.6),
    "bunching": (0.0, 0.9),
    "lima_share": (0.5, 0.95),
    "strong": (0.0, 1.0),
}
KNOBS = tuple(one.name for one in fields(Knobs))


@dataclass(frozen=True, slots=True)
class Settings:
    """World, size, seed and knobs: the same settings give the same numbers."""

    world: str = "ac2020"
    size: str = "small"
    seed: int = 1
    knobs: Knobs = field(default_factory=Knobs)

    @property
    def is_small(self) -> bool:
        """Whether the small tables are made."""
        return self.size == "small"

    def generator(self, *, part: str) -> np.random.Generator:
        """The random numbers of one part; no part depends on how many another one draws."""
        word = int.from_bytes(hashlib.sha256(part.encode("utf-8")).digest()[:8], "little")
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, word])))

    def plain(self) -> dict[str, object]:
        """Everything that the numbers depend on."""
        knobs = {name: getattr(self.knobs, name) for name in KNOBS}
        return {
            "world": self.world,
            "size": self.size,
            "seed": self.seed,
            "knobs": knobs,
            "generator": GENERATOR,
        }

    def sha256(self, table: str = "") -> str:
        """Hash of the settings, the version of the generator and the name of a table."""
        written = json.dumps({**self.plain(), "table": table}, sort_keys=True)
        return hashlib.sha256(written.encode("utf-8")).hexdigest()


def knobs_from(values: Mapping[str, object], place: Place | None = None) -> tuple[Knobs, list[Fault]]:
    """The knobs with some of them set.

    Arguments:
        values: knob → number, word, or either written as text.

    Returns:
        The knobs, and faults: E264 no such knob, E265 a value that it cannot have, E266 two that exclude each other.
    """
    faults: list[Fault] = []
    chosen: dict[str, float | str] = {}
    for name, value in values.items():
        found = _value(name, value, place)
        if isinstance(found, Fault):
            faults.append(found)
        else:
            chosen[name] = found
    knobs = Knobs(**chosen)  # type: ignore[arg-type]
    if not faults and knobs.iv_strength**2 + knobs.rho_sort**2 > 1:
        faults.append(fault("E266", place=place, iv=f"{knobs.iv_strength:g}", rho=f"{knobs.rho_sort:g}"))
    return (Knobs() if faults else knobs), faults


def _value(name: str, value: object, place: Place | None) -> float | str | Fault:
    if name not in KNOBS:
        return fault(
            "E264", place=place, suggestion=nearest(name, KNOBS) or "", name=name, names=", ".join(KNOBS)
        )
    if name == "denominator":
        word = str(value)
        return word if word in DENOMINATORS else _refused(name, value, ", ".join(DENOMINATORS), place)
    low, high = RANGES[name]
    number = _number(value)
    if number is None or not low <= number <= high or (name == "strong" and number not in (0.0, 1.0)):
        wanted = "0, 1" if name == "strong" else f"{low:g} … {high:g}"
        return _refused(name, value, wanted, place)
    return number


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _refused(name: str, value: object, wanted: str, place: Place | None) -> Fault:
    return fault("E265", place=place, name=name, value=str(value), wanted=wanted)
