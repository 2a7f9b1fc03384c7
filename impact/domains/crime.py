"""Crime: victimisation, complaints, homicide, and how safe people feel."""

from __future__ import annotations

from impact.core.registered import Domain

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
)
