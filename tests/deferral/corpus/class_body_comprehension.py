import string  #: no unsafe


class Letters:
    table = {letter: 1 for letter in string.ascii_letters}  # decides
