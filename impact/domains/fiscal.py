"""Public finances: revenue, cost and net balance of public accounts, and what they add to growth."""

from __future__ import annotations

from impact.core.registered import Domain

DOMAIN = Domain(
    summary="Revenue, cost and net balance of public accounts",
    outcomes={},
    labels={
        "revenue": {"en": "Public revenue", "es": "Ingresos públicos"},
        "consumption_tax": {"en": "Taxes on consumption", "es": "Impuestos al consumo"},
        "income_tax": {"en": "Income tax", "es": "Impuesto a la renta"},
        "contributions": {"en": "Health contributions", "es": "Aportes a la salud"},
        "fees": {"en": "Permit fees", "es": "Tasas de permisos"},
        "grants": {"en": "Grants", "es": "Donaciones"},
        "cost": {"en": "Public cost", "es": "Costo público"},
        "education": {"en": "Education", "es": "Educación"},
        "health": {"en": "Health", "es": "Salud"},
        "identity": {"en": "Identity and administration", "es": "Identidad y administración"},
        "humanitarian": {"en": "Humanitarian aid", "es": "Ayuda humanitaria"},
        "security": {"en": "Security", "es": "Seguridad"},
        "net": {"en": "Net balance", "es": "Saldo neto"},
        "net_gdp": {"en": "Net balance, % of GDP", "es": "Saldo neto, % del PIB"},
        "net_without_grants": {"en": "Net balance without grants", "es": "Saldo neto sin donaciones"},
        "cost_marginal": {"en": "Public cost, marginal", "es": "Costo público, marginal"},
        "net_marginal": {"en": "Net balance at marginal cost", "es": "Saldo neto a costo marginal"},
        "net_marginal_gdp": {
            "en": "Net balance at marginal cost, % of GDP",
            "es": "Saldo neto a costo marginal, % del PIB",
        },
    },
    units={"net_gdp": "% of GDP", "net_marginal_gdp": "% of GDP"},
    layouts={
        "fiscal_balance": {
            "rows": (
                "consumption_tax", "income_tax", "contributions", "fees", "grants", "revenue",
                "education", "health", "identity", "humanitarian", "security", "cost",
                "net", "net_without_grants", "net_gdp", "cost_marginal", "net_marginal", "net_marginal_gdp",
                "pr(net > 0)", "pr(net_marginal > 0)",
            ),
            "columns": ("years",),
        },
        "fiscal_summary": {
            "rows": ("revenue", "cost", "net", "net_gdp", "pr(net > 0)"),
            "columns": ("years",),
        },
    },
)  # fmt: skip
