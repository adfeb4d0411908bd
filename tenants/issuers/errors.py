"""What registering an issuer can be refused with."""

from chalicelib.modules import Text
from chalicelib.problems import Conflict


class IssuerTaken(Conflict):
    """An issuer speaks for one tenant."""

    code = "issuer_taken"
    title = Text("This issuer is registered already", "该签发方已被注册")
