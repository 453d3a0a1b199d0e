"""Templates, build artefacts and folders, read as the Lambda functions that they deploy."""
