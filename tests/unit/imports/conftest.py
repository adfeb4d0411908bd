from uuid import uuid4

import pytest
from moto import mock_aws

from tests.support.desk import desk_on


@pytest.fixture
def desk(tmp_path):
    with mock_aws(), desk_on(None, f"imports-{uuid4().hex[:8]}-", tmp_path) as made:
        yield made
