"""Where files are kept: a local folder, or a bucket of S3. What is written once never changes."""
