from uuid import uuid4

import pytest

from tests.support.desk import desk_on
from tests.support.light_moto import light_moto


@pytest.fixture
def desk(tmp_path):
    with light_moto(), desk_on(None, f"imports-{uuid4().hex[:8]}-", tmp_path) as made:
        yield made
