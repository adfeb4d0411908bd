"""What a subject export says of itself, to people. Pure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

_EN: Final = """All that is held on one person
==============================

Customer: {contact}
Made at:  {at} (UTC)

This archive holds what this company keeps about the person in its customer system, in every module of it, as of that
time. Nothing is masked or left out, but technical keys.

- manifest.json lists every file with its number of rows and its SHA-256.
- Each .jsonl file holds one kind of data, one record a line, as JSON (UTF-8). Its name is the module and the kind:
  contacts.contact is the profile, contacts.line what was subscribed to, contacts.interaction and
  contacts.timeline_entry what happened, contacts.consent and contacts.consent_decision what was agreed to or refused,
  contacts.claim by which numbers, addresses and ids the person is found, contacts.posting by which words.
- core.audit_entry tells who changed what and when; core.task, core.approval and core.notification is work about the
  person; core.file names files that may hold the person among others, without their content.

Files in this archive:
{files}
"""
_ZH: Final = """关于一位客户的全部信息
======================

客户：{contact}
生成时间：{at}（UTC）

本压缩包包含本公司在该时间点于客户系统各模块中保存的关于该客户的全部信息。除技术性键值外，未作任何遮蔽或省略。

- manifest.json 列出每个文件的行数与 SHA-256 校验值。
- 每个 .jsonl 文件为一类数据，每行一条记录（JSON，UTF-8）。文件名由模块与类别组成：contacts.contact 为客户资料，
  contacts.line 为号码与线路，contacts.interaction 与 contacts.timeline_entry 为交互与时间线，contacts.consent 与
  contacts.consent_decision 为同意与撤回，contacts.claim 为可查到该客户的号码、地址与编号，contacts.posting 为检索词。
- core.audit_entry 记录何人何时作了何种更改；core.task、core.approval、core.notification 为与该客户相关的工作；
  core.file 列出可能含有该客户（及其他人）信息的文件，不含其内容。

压缩包内文件：
{files}
"""


def read_me(contact_id: str, at: datetime, files: Sequence[dict[str, Any]]) -> str:
    """The plain words in front, in both languages. ``files``: name and rows of each."""
    listed = "\n".join(f"- {each['name']}: {each['rows']}" for each in files)
    said = {"contact": contact_id, "at": at.strftime("%Y-%m-%d %H:%M"), "files": listed}
    return _EN.format(**said) + "\n\n" + _ZH.format(**said)
