"""Arithmetic of sample surveys: linearised and replicate variances, tests of independence, weighted quantiles."""
