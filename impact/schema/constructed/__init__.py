"""The blocks of a spec that build columns: exposure, rates, real money, completed panels, variables of a field."""
