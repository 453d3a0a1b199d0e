"""The parts of probe.py, which measure/programs.py joins into one program.

Annotations are quoted: importing typing would change what is measured.
"""
