"""One file an output: results, tables, figures, report."""
