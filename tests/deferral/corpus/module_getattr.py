import importlib  #: no unsafe


def __getattr__(name):
    return importlib.import_module(name)  # decides
