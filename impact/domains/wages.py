"""Wages: real primary income, hourly or annual, in logs or levels."""

from __future__ import annotations

from impact.core.registered import Domain

DOMAIN = Domain(
    summary="Real primary income of employees and the self-employed, in logs or levels",
    outcomes={
        "log_wage": {"sum": "sum_log_wage", "count": "n_wage", "sumsq": "sumsq_log_wage"},
        "log_wage_ge1200": {
            "sum": "sum_log_wage_ge1200",
            "count": "n_wage_ge1200",
            "sumsq": "sumsq_log_wage_ge1200",
        },
        "log_self": {"sum": "sum_log_self", "count": "n_self", "sumsq": "sumsq_log_self"},
        "log_self_ge1200": {
            "sum": "sum_log_self_ge1200",
            "count": "n_self_ge1200",
            "sumsq": "sumsq_log_self_ge1200",
        },
        "hours": {"sum": "sum_hours", "count": "n_hours", "sumsq": "sumsq_hours"},
    },
    labels={
        "log_wage": {"en": "Log annual wage income", "es": "Log del ingreso salarial anual"},
        "log_wage_ge1200": {
            "en": "Log annual wage income of at least 1,200 soles",
            "es": "Log del ingreso salarial anual de al menos 1,200 soles",
        },
        "log_self": {
            "en": "Log annual self-employment income",
            "es": "Log del ingreso anual por cuenta propia",
        },
        "log_self_ge1200": {
            "en": "Log annual self-employment income of at least 1,200 soles",
            "es": "Log del ingreso anual por cuenta propia de al menos 1,200 soles",
        },
        "hours": {
            "en": "Hours worked last week, main job",
            "es": "Horas trabajadas la semana pasada, ocupación principal",
        },
    },
)
