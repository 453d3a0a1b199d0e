"""The cost of imports: exclusive cost, the best set, when deferring pays."""
