"""The causes of a failed init: missing modules and variables, calls outside."""
