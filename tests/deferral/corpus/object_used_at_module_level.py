import boto3  #: no unsafe

s3 = boto3.client("s3")
BUCKETS = s3.get_paginator("list_buckets")


def lambda_handler(event, context):
    return s3.get_object(Key="x")


print(BUCKETS)  # decides
