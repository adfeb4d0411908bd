"""Files: one storage behind uploads, exports and rejected rows; S3 in the cloud, a directory on one machine."""
