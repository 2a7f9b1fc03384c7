"""Rows of designs: of adoption, of surveys, shared between models."""
