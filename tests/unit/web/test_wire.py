"""chalicelib/web/wire.py: models are built by their first use, which may be that of many threads at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from pydantic import EmailStr, Field, ValidationError

from chalicelib.web.wire import Body

THREADS = 16


def fresh_model():
    class Inner(Body):
        email: EmailStr

    class Outer(Body):
        name: str = Field(max_length=10)
        inner: list[Inner]

    return Outer


def test_a_model_is_not_built_when_it_is_declared():
    assert not fresh_model().__pydantic_complete__


@pytest.mark.parametrize("_round", range(20))
def test_first_use_by_many_threads__builds_the_model_that_was_declared(_round):
    model, start = fresh_model(), Barrier(THREADS)

    def use(number):
        start.wait()
        with pytest.raises(ValidationError) as refused:
            model.model_validate({"name": "x" * 11, "inner": [{"email": "no"}], "more": 1})
        found = model.model_validate({"name": str(number), "inner": [{"email": "a@example.com"}]})
        return {each["type"] for each in refused.value.errors()}, found.model_dump()

    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(use, range(THREADS)))
    refused = {"string_too_long", "value_error", "extra_forbidden"}
    assert answers == [(refused, {"name": str(n), "inner": [{"email": "a@example.com"}]}) for n in range(THREADS)]
