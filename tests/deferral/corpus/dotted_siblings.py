import xml.sax  #: deferrable@7 safe
import xml.dom.minidom  #: deferrable@7 safe


def handler(event, context):
    # Each use spells out which of the two imports it needs.
    return xml.sax.parseString(event), xml.dom.minidom.parseString(event)
