"""Arrays of a ledger: values over years, correlated draws, roots, ranks."""
