"""One file an estimator: a pure function of a design."""
