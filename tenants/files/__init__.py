"""Files: uploaded in parts to signed URLs, downloaded the same way, gone when they expire."""
