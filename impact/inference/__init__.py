"""One file a family of variances."""
