"""Names that the handler certainly reads: every path through its entry function uses them."""
