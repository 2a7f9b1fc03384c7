"""Employment: jobs kept, entered and lost, formality, hours, unemployment."""

from __future__ import annotations

from impact.core.registered import Domain

DOMAIN = Domain(
    summary="Jobs kept, entered and lost, formality, hours, unemployment",
    outcomes={
        "kept": {"sum": "n_kept", "count": "n_employed"},
        "informal": {"sum": "n_informal", "count": "n_employed"},
        "informal_kept": {"sum": "n_informal_kept", "count": "n_informal"},
        "formal_kept": {"sum": "n_formal_kept", "count": "n_employed - n_informal"},
        "salaried_kept": {"sum": "n_salaried_kept", "count": "n_salaried"},
        "entered": {"sum": "n_entered", "count": "n_persons - n_employed"},
        "employed": {"sum": "n_employed", "count": "n_persons"},
    },
    labels={
        "kept": {"en": "Employed in t and in t+1", "es": "Con empleo en t y en t+1"},
        "informal": {"en": "Informal share of the employed", "es": "Proporción informal de los ocupados"},
        "informal_kept": {
            "en": "Informal workers still employed in t+1",
            "es": "Informales aún con empleo en t+1",
        },
        "formal_kept": {"en": "Formal workers still employed in t+1", "es": "Formales aún con empleo en t+1"},
        "salaried_kept": {"en": "Employees still employed in t+1", "es": "Asalariados aún con empleo en t+1"},
        "entered": {"en": "Not employed in t, employed in t+1", "es": "Sin empleo en t, con empleo en t+1"},
        "employed": {"en": "Employed share of persons", "es": "Proporción de personas con empleo"},
    },
)
