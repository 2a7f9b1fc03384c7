"""What refers to something else in a spec, worked in: extends, short forms, params, matrix, robustness."""
