"""Crime: victimisation, complaints, homicide, and how safe people feel.

Counts become yearly rates with `rates:`, whose population says whether migrants are in it; absent zeros become rows
with `complete:`. Kinds of crime are estimated apart: adding them up is warned of, and refused in `rates:` unless
`pooled`. Complaints are crimes that were reported: the test `reporting` gives the change of the reporting rate that
would hide the bound, and victimisation and homicide, which do not depend on reporting, stand beside them. Data that
begin after the arrivals have no period to compare with, and are warned of.
"""

from __future__ import annotations

import re

import numpy as np

from impact.core.domain_facts import DomainFacts
from impact.core.errors import Notice
from impact.core.registered import Domain
from impact.core.texts import notice

# an exposure in the first period of more than this part of the last one's is no period before the arrivals
EXPOSED_ALREADY = 0.1
_COUNT = re.compile(r"(?:.*_)?(?:count|counts|cantidad|denuncias|complaints|crimes)(?:_.*)?", re.IGNORECASE)
_TOTAL = re.compile(r".*total.*", re.IGNORECASE)


def examine(facts: DomainFacts) -> tuple[Notice, ...]:
    """W492 kinds added up, in the spec or in the file; W493 no period before the arrivals."""
    found: list[Notice] = []
    for name, parts in facts.added.items():
        if len(parts) > 1 and all(_COUNT.fullmatch(part) for part in parts):
            found.append(notice("W492", of=f"derive.{name}", name=name, kinds=", ".join(parts)))
    totals = [name for name in facts.outcomes if _TOTAL.fullmatch(name) and _COUNT.fullmatch(name)]
    found += [notice("W492", of="domain", name=name, kinds=name) for name in totals]
    return (*found, *_no_earlier_period(facts))


def _no_earlier_period(facts: DomainFacts) -> tuple[Notice, ...]:
    """Where the first period is treated already, or as good as exposed already."""
    times = facts.frame.columns.get(facts.time or "")
    if times is None or times.dtype.kind != "f" or np.isnan(times).all():
        return ()
    first, last = float(np.nanmin(times)), float(np.nanmax(times))
    if facts.start is not None and first >= facts.start:
        return (notice("W493", of="domain", first=f"{first:g}", start=f"{facts.start:g}"),)
    for name in facts.exposures if facts.start is None else ():
        values = facts.frame.columns[name]
        begins, ends = (_mean(values[times == period]) for period in (first, last))
        if begins > EXPOSED_ALREADY * ends and begins > 0:
            said = {"first": f"{first:g}", "start": f"{name} = {begins:.3g}"}
            return (notice("W493", of="domain", **said),)
    return ()


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else 0.0


DOMAIN = Domain(
    summary="Victimisation, complaints, homicide, insecurity and trust in the police",
    outcomes={},
    labels={
        "victimization_pct": {"en": "Victim of any crime, %", "es": "Víctima de algún delito, %"},
        "theft_victimization_pct": {"en": "Victim of theft, %", "es": "Víctima de robo, %"},
        "fraud_victimization_pct": {"en": "Victim of fraud, %", "es": "Víctima de estafa, %"},
        "perceived_insecurity_night_pct": {
            "en": "Feels unsafe walking at night, %",
            "es": "Se siente inseguro al caminar de noche, %",
        },
        "trust_police_pct": {"en": "Trusts the police, %", "es": "Confía en la policía, %"},
    },
    examine=examine,
)
