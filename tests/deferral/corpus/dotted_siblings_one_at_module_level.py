import xml.sax  #: no unsafe
import xml.dom.minidom  #: deferrable@8 safe

print(xml.sax.handler)  # decides


def handler(event, context):
    return xml.dom.minidom.parseString(event)
