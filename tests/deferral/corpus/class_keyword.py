import abc  #: no unsafe


class Base(metaclass=abc.ABCMeta):  # decides
    pass
