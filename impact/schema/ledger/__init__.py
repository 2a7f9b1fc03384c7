"""Specs of kind ledger: inputs, equations, scenarios and their evaluation over years and draws."""
