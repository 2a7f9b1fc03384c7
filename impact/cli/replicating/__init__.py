"""Replications of many specs in one overview."""
