"""Tables and sections of a ledger, drawn from the results document."""
