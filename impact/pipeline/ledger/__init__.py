"""The run of a ledger: scenarios, draws, break-even points, drivers and claims."""
