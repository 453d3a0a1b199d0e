#!/bin/sh
# Set as the function's handler, with the layer LambdaAdapterLayer, the variables
# AWS_LAMBDA_EXEC_WRAPPER=/opt/bootstrap and AWS_LWA_INVOKE_MODE=response_stream, and a Function URL
# in mode RESPONSE_STREAM.
exec python -m uvicorn --host=127.0.0.1 --port="${PORT:-8080}" main:app
