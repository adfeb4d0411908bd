"""The only door to data: keys, records, transactions, claims, lists, cursors, events and the capacity meter."""
