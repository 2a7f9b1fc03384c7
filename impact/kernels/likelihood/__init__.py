"""Counts and choices by maximum likelihood."""
