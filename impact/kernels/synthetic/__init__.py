"""Weights and fills of comparative case studies."""
