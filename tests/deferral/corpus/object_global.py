import boto3  #: no unsafe

s3 = boto3.client("s3")


def lambda_handler(event, context):
    global s3  # decides
    s3 = s3 or boto3.client("s3")
    return s3
