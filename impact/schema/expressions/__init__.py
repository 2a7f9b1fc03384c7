"""The expression language: text to a tree, and its evaluation on columns."""
