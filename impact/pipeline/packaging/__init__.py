"""Reproducibility packages: gathered from reports, run again inside, written, and checked."""
