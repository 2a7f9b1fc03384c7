"""What a run does with blocks that build columns: their order, what fields of study say, units of exposure."""
