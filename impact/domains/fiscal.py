"""Public finances: revenue, cost and net balance of public accounts."""

from __future__ import annotations

from impact.core.registered import Domain

DOMAIN = Domain(
    summary="Revenue, cost and net balance of public accounts",
    outcomes={},
    labels={
        "revenue": {"en": "Public revenue", "es": "Ingresos públicos"},
        "cost": {"en": "Public cost", "es": "Costo público"},
        "net": {"en": "Net balance", "es": "Saldo neto"},
    },
)
