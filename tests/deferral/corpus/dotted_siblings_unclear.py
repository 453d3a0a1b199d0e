import xml.sax  #: no unsafe
import xml.dom.minidom  #: no unsafe


def handler(event, context):
    return getattr(xml, event)  # decides
