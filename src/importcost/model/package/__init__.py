"""Values about the deployed package: its unpacked size, and its bytecode."""
