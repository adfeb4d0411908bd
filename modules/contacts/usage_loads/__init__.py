"""Loads of usage: what each transaction has loaded of a month, for as long as its event is kept."""
