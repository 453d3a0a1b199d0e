from botocore.exceptions import ClientError  #: deferrable safe


def handler(event, context):
    try:
        return event()
    except ClientError as error:  # decides
        return error
