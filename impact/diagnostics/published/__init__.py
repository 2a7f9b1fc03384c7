"""Published numbers against ours, and what could explain a difference."""
