"""Honest inference without parallel trends: restrictions, affine estimators, conditional tests, normal boxes."""
