"""Estimates and tests with instruments."""
