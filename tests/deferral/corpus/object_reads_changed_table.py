import boto3  #: no unsafe

options = {}
s3 = boto3.client("s3", **options)


def lambda_handler(event, context):
    options["x"] = 1  # decides
    return s3
