"""A tenant's own issuers of access tokens: whose word about its people counts."""
