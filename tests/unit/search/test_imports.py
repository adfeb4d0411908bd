"""The dictionary of pinyin costs 0.2 s and 57 MB: neither a start nor a query pays for it."""

import subprocess
import sys

SEARCHED = """
import sys
import modules.contacts.people.service
from chalicelib.search.asked import asked
assert asked("zhangsf 张三丰", may_read_sensitive=True)
print("pypinyin" in sys.modules)
"""


def test_a_query__needs_no_dictionary():
    ran = subprocess.run([sys.executable, "-c", SEARCHED], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "False"
