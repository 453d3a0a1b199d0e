import os

with open("/tmp/importcost-corpus-b", "w") as stream:
    stream.write("x")
os.remove("/tmp/importcost-corpus-b")
