"""importcost: what one cold start of a Python Lambda function costs, and why."""

__version__ = "0.1.0"
