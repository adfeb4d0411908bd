"""E-mail addresses and phone numbers as unique keys, where the tenant has chosen so."""
