"""The cost model: floors, prices and the speed ratio, each from a dated data file."""
