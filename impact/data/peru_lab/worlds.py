"""The true effects of each world, with what they rest on.

Marks: S, the sign or figure of the policy paper; ABS, an abstract; PRESS, a press report; ASSUME, our own choice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from impact.data.peru_lab.settings import Settings

STRONG = -0.11
STRONG_BASIS = "sign S; magnitude PRESS (read as points)"
ORDER = ("ac2020", "null", "mixed")


@dataclass(frozen=True, slots=True)
class Effect:
    """One true effect: outcome, group, unit, its value in each world in the order ac2020, null, mixed, its basis."""

    id: str
    table: str
    outcome: str
    group: str
    unit: str
    values: tuple[float, float, float]
    basis: str
    note: str = ""


PP = "per percentage point of exposure"
RATE = "per 100,000 people and year, without migrants"
YOUNG = "resident women 14-24, incomplete secondary or less"

EFFECTS: tuple[Effect, ...] = (
    Effect("B1", "persons", "keep4", YOUNG, PP, (-0.030, 0.0, -0.010), "sign S; magnitude ASSUME"),
    Effect(
        "B2", "persons", "keep4", "resident women 25-39, incomplete secondary or less", PP, (-0.004, 0.0, 0.0),
        "ASSUME",
    ),
    Effect("B3", "persons", "keep4", "all other residents", PP, (0.0, 0.0, 0.0), "S (mainly)"),
    Effect("B4", "persons", "log main income", YOUNG, PP, (-0.020, 0.0, -0.010), "sign S; magnitude ASSUME"),
    Effect(
        "B5", "persons", "log main income", "other residents, informal", PP, (-0.004, 0.0, -0.006),
        "sign PRESS; magnitude ASSUME",
    ),
    Effect(
        "B5_district", "districts", "log_income_informal", "residents, informal", PP, (-0.004, 0.0, -0.006),
        "sign PRESS; magnitude ASSUME", "B5 as the mean of a district",
    ),
    Effect("B6", "persons", "log main income", "other residents, formal", PP, (0.0, 0.0, 0.0), "PRESS"),
    Effect("B7", "cities", "paid_employment", "residents of cities", PP, (0.0, 0.0, 0.0), "S"),
    Effect("B8_formal", "cities", "log_wage_formal", "residents of cities", PP, (0.0, 0.0, 0.0), "S"),
    Effect("B8_informal", "cities", "log_wage_informal", "residents of cities", PP, (0.0, 0.0, -0.006), "S; ASSUME"),
    Effect(
        "B9", "persons", "job_rank", "residents, incomplete secondary or less",
        "standard deviations per percentage point",
        (-0.002, 0.0, -0.002), "sign ABS; magnitude ASSUME",
    ),
    Effect("C1_burglary", "crimes", "log rate", "burglary", PP, (0.0, 0.0, 0.0), "S"),
    Effect("C1_robbery", "crimes", "log rate", "robbery", PP, (0.0, 0.0, 0.01), "S; ASSUME"),
    Effect("C1_assault", "crimes", "log rate", "assault", PP, (0.0, 0.0, 0.0), "S"),
    Effect("C1_homicide", "crimes", "log rate", "homicide", PP, (0.0, 0.0, 0.0), "S"),
    Effect("C1_sexual_violence", "crimes", "log rate", "sexual violence", PP, (0.0, 0.0, 0.0), "S"),
    Effect(
        "C2", "victimisation", "insecure", "residents of the metropolitan districts", PP, (0.006, 0.0, 0.006),
        "sign S; magnitude ASSUME",
    ),
    Effect(
        "C3", "victimisation", "reported", "victims", PP, (0.0, 0.0, 0.003), "base PRESS; shift ASSUME",
        "the counts of all types but homicide move with it",
    ),
    Effect(
        "C1_victimisation", "victimisation", "victim", "residents of the metropolitan districts", PP,
        (0.0, 0.0, 0.0012), "S; ASSUME", "what the effect on robbery adds to the share of victims",
    ),
    Effect("C4_burglary", "crimes", "recorded rate", "burglary", RATE, (90.0, 90.0, 90.0), "ASSUME"),
    Effect("C4_robbery", "crimes", "recorded rate", "robbery", RATE, (250.0, 250.0, 250.0), "ASSUME"),
    Effect("C4_assault", "crimes", "recorded rate", "assault", RATE, (70.0, 70.0, 70.0), "ASSUME"),
    Effect("C4_homicide", "crimes", "recorded rate", "homicide", RATE, (5.0, 5.0, 5.0), "ASSUME"),
    Effect("C4_sexual_violence", "crimes", "recorded rate", "sexual violence", RATE, (30.0, 30.0, 30.0), "ASSUME"),
    Effect(
        "F1_2018", "budget", "net balance, 2018", "public sector", "% of GDP", (0.05, 0.0, -0.05), "sign S; ASSUME",
        "ac2020: integration, null: status quo, a draw around zero",
    ),
    Effect("F1_2025", "budget", "net balance, 2025", "public sector", "% of GDP", (0.25, 0.0, -0.05), "sign S; ASSUME"),
    Effect("F2", "budget", "growth contribution, 2018", "Peru", "points of GDP growth", (0.33, 0.25, 0.33), "S; PRESS"),
    Effect("F3_aggregate_short", "budget", "growth, 1-2 years", "Peru", "sign", (1.0, 1.0, 1.0), "S"),
    Effect("F3_aggregate_medium", "budget", "growth, 5 years", "Peru", "sign", (1.0, 1.0, 1.0), "S"),
    Effect("F3_per_head_short", "budget", "growth per head, 1-2 years", "Peru", "sign", (-1.0, -1.0, -1.0), "S"),
    Effect("F3_per_head_medium", "budget", "growth per head, 5 years", "Peru", "sign", (1.0, 1.0, 1.0), "S"),
    Effect("G1", "arrivals", "contract", "permit holders", "probability", (0.08, 0.0, 0.08), "ASSUME"),
    Effect("G2", "arrivals", "log_income", "permit holders", "log points", (0.06, 0.0, 0.03), "sign ABS; ASSUME"),
    Effect("G3", "arrivals", "ptp", "entered just before the cut-off", "share", (0.64, 0.64, 0.64), "ABS (Colombia)"),
    Effect("G1_health", "arrivals", "health_cover", "permit holders", "probability", (0.10, 0.0, 0.10), "ASSUME"),
    Effect("G4", "trial", "log_profit_1", "assigned to training", "log points", (0.10, 0.0, 0.05), "ASSUME"),
    Effect(
        "G5", "attendance", "attendance", "migrant children", "per seat per child out of school", (0.06, 0.0, 0.06),
        "ASSUME",
    ),
    Effect(
        "G6", "arrivals", "unobserved advantage", "permit holders over the eligible without one",
        "standard deviations", (0.3, 0.3, 0.3), "ASSUME", "makes comparisons of holders with others wrong",
    ),
)  # fmt: skip


def effects_of(settings: Settings) -> Mapping[str, float]:
    """Effect → its value in the world of the settings."""
    position = ORDER.index(settings.world)
    found = {one.id: one.values[position] for one in EFFECTS}
    if settings.knobs.strong and settings.world != "null":
        found["B1"] = STRONG
    return found
