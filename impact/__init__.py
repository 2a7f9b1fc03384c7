"""impact: impact evaluation from a short spec to tables, figures and a certificate."""
