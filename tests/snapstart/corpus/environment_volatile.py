import os

STREAM = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]  # hazard: environment
