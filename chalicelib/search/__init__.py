"""Finding records by what people remember of them: parts of names, pinyin, last digits, ids.

A record says what it is found by (``Entry``); words of it become token items beside the records (``projection``); a
query reads the tokens that begin with its longest word and checks the others inside them (``find``). Modules ask
through the port, so that a managed search service can take this one's place.
"""
