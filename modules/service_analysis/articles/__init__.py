"""Articles of the knowledge base: what each is about, in which languages it can be read, and what it was good for."""
