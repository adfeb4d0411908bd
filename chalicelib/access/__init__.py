"""Who calls, and what that caller may do: credentials, principals, declared needs and the one gate that checks them."""
