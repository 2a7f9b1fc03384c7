"""One file a field: outcomes, labels and checks of employment, wages, crime, public finances."""
