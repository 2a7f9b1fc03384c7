"""Finished runs: compared with each other, drawn again."""
