"""Statistics of ranks: no distribution is assumed."""
