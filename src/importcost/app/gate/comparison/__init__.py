"""The steps of a comparison: laying both versions out, racing them, and the outcome."""
