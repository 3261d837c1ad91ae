"""Forms of signing in and of accepting an invite."""

from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField


class SignInForm(FlaskForm):
    """Phone and PIN."""

    phone = StringField(_l("Số điện thoại"))
    pin = PasswordField(_l("6 số bí mật"))


class InviteForm(FlaskForm):
    """The PIN that a person chooses on the own phone, and a number to sign in with again."""

    phone = StringField(_l("Số điện thoại của anh/chị"))
    pin = PasswordField(_l("Đặt 6 số để mở máy này"))
