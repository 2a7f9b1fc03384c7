"""A ledger with everything that its outputs show."""

from __future__ import annotations

import pytest

from impact.pipeline.study import StudyOptions, run_study
from impact.pipeline.write import output_request
from impact.schema.load import load_nodes

TEXT = """spec: 1
kind: ledger
domain: fiscal
study: small_ledger
years: 2019..2021
inputs:
  people:
    path: {2018: 1000, 2021: 4000}
    unit: persons
    source: register
    status: verified
    title: {en: People, es: Personas}
  tax:
    value: 3000
    low: 1000
    high: 5000
    unit: PEN/person/year
    source: own
    title: {en: Tax a head, es: Impuesto por persona}
  service: {value: 2000, low: 1000, high: 3000, unit: PEN/person/year, source: a study, status: verified}
  spare: {value: 1, low: 0, high: 2, source: nobody}
  gdp: {value: 1e9, unit: PEN/year, source: statistics, status: verified}
equations:
  mid: (people + lag(people, 1)) / 2
  revenue: mid * tax
  cost: mid * service
  net: revenue - cost
  net_gdp: 100 * net / gdp
scenarios:
  status_quo: {title: {en: Status quo, es: Statu quo}}
  integration: {tax: 4000}
  return: {people: {path: {2021: 500}}}
montecarlo: {draws: 1000, correlate: {tax~service: 0.3}}
discount: {rate: 0.05, base: 2019}
breakeven: {input: tax, output: "mean(net_gdp, 2019, 2021)"}
accounting: [net == revenue - cost]
tables:
  T4: {layout: fiscal_summary, columns: [years, "mean(2019, 2021)", pv], scale: {revenue: 1e6, cost: 1e6, net: 1e6}}
  plain:
    rows: [net_gdp, "max(net,0)", people]
    columns: ["2020", "2019..2020"]
    panels: [integration]
    cell: [median, se]
  inputs: {rows: inputs}
  drivers: {rows: drivers}
  breakeven: {rows: breakeven}
  T4b: {rows: published}
figures:
  fan: {kind: fan, of: net, scale: 1e6}
  tornado: {kind: tornado, of: "mean(net_gdp,2019,2021)", scenarios: [status_quo, integration]}
published:
  bank:
    source: {text: A bank (2019), evidence: press}
    also:
      - {model: integration, term: "mean(net_gdp,2019,2021)", value: "0.43", unit: "% of GDP", match: {abs: 0.01}}
      - model: integration
        term: sum(net)
        value: "2200"
        unit: million soles in five years
        note: contradicts the line above
      - {model: integration, term: "net[2020]", value: "+", unit: million soles}
claims: {good: {text: good, test: "mean(integration.net) > mean(status_quo.net)"}}
seed: 4
language: [en, es]
"""


@pytest.fixture(scope="session")
def ledger():
    """Document and output request of the ledger."""
    result = run_study(load_nodes(TEXT, name="small.yaml"), StudyOptions(out=None))
    return result.document, output_request(result.plan, result.document)
