"""Columns that blocks of a spec build from several columns, rows or files, each with its checks."""
