import string  #: no unsafe

print([char for char in string.digits])  # decides
