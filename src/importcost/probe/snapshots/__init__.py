"""Programs that run in the measured interpreter for what comes before and after a snapshot."""
