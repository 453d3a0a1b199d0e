import platform  #: no unsafe

AGENT = f"me/{platform.python_version()}"
print(AGENT)  # decides
