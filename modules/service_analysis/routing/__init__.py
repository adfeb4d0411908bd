"""Who gets a request: rules that lead to a queue and a person, and why."""
