"""Use cases about the bill: the estimate, the calibration, the remedies."""
