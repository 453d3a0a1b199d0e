"""Starting other programs: bounded, in a group of their own, ended on every way out."""
