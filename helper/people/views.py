"""Sign-in, sign-out and the invite page."""

from urllib.parse import urlsplit

from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_user, logout_user

from helper.config import SESSION_LIFE
from helper.core.errors import InvalidError, NotFoundError
from helper.db import unit_of_work
from helper.people import queries, signin
from helper.people.forms import InviteForm, SignInForm
from helper.people.login import DEVICE_COOKIE, OUTBOX_COOKIE, OUTBOX_PATH, Principal
from helper.people.models import User
from helper.people.phones import parse_phone
from helper.people.service import checked_pin, free_phone
from helper.places.queries import list_places
from helper.security.actor import Actor
from helper.security.permissions import Permission
from helper.security.secrets import hash_pin, verify_pin
from helper.web.access import find_actor, public, requires
from helper.web.fields import add_error, error_list
from helper.web.navigation import home_url

bp = Blueprint("people", __name__)
DEVICE_LIFE = 400 * 24 * 3600


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """The sign-in page; who is signed in already goes home."""
    actor = find_actor()
    if actor is not None:
        return redirect(home_url(actor))
    return _sign_in_page(SignInForm())


@bp.post("/sign-in")
@public(own_transaction=True)
def sign_in_submit() -> ResponseReturnValue:
    """Check phone and PIN; a failure shows the page again with one sentence for all reasons."""
    form = SignInForm()
    device_token = request.cookies.get(DEVICE_COOKIE)
    phone = parse_phone(form.phone.data or "")
    if phone is None:
        add_error(form.phone, _("Gõ đủ số điện thoại, ví dụ 0912 345 678"))
        return _sign_in_page(form)
    user = _who_may_try(phone, device_token)
    if user is not None and signin.locked(user):
        add_error(form.pin, _lock_words(user.locked_for_good))
        return _sign_in_page(form)
    if not verify_pin(user.pin_hash if user else None, form.pin.data or "") or user is None:
        if user is not None and user.phone:
            with unit_of_work():
                signin.record_wrong_pin(user.phone)
        add_error(form.pin, _wrong_words())
        return _sign_in_page(form)
    with unit_of_work():
        signed_in = signin.start_session(user.id, device_token, _device_name())
    return _enter(signed_in, request.args.get("next"))


def _who_may_try(phone: str, device_token: str | None) -> User | None:
    """Return whose PIN is worth checking on this device, or None.

    In production only a device that was enrolled by an invite may try: elsewhere a PIN is neither
    confirmed nor counted, so that a stranger can neither guess it nor lock the account.
    """
    user = queries.find_user_by_phone(phone)
    if user is None or current_app.config["DEMO"]:
        return user
    enrolled = signin.find_enrolment(user, device_token) is not None
    return user if enrolled else None


@bp.post("/sign-out")
@requires(Permission.SIGNED_IN)
def sign_out(actor: Actor) -> ResponseReturnValue:
    """End this session; what waits in the phone's outbox may still be sent by its own token."""
    signin.end_session(actor)
    logout_user()
    session.clear()
    return redirect(url_for("people.sign_in"))


@bp.get("/i/<token>")
@public
def invite(token: str) -> ResponseReturnValue:
    """Show an invite; looking spends nothing (chat previews open links)."""
    return _invite_page(token, InviteForm())


@bp.post("/i/<token>")
@public(own_transaction=True)
def invite_submit(token: str) -> ResponseReturnValue:
    """Spend an invite: set the PIN on the own phone and go in."""
    form = InviteForm()
    found = queries.find_invite(token)
    if not signin.usable(found) or found is None:
        return _invite_page(token, form)
    try:
        phone = found.user.phone or free_phone(form.phone.data)
        pin_hash = hash_pin(checked_pin(form.pin.data or "", phone))
        with unit_of_work():
            signed_in = signin.spend_invite(
                token, pin_hash, request.cookies.get(DEVICE_COOKIE), _device_name(), phone
            )
    except InvalidError as error:
        for name, sentence in error.problems.items():
            add_error(form[name], sentence)
        return _invite_page(token, form)
    except NotFoundError:
        return _invite_page(token, form)
    return _enter(signed_in, None)


def _sign_in_page(form: SignInForm) -> ResponseReturnValue:
    demo_accounts: list[tuple[str, ...]] = []
    if current_app.config["DEMO"]:
        from helper.people.demo import list_demo_accounts

        demo_accounts = list_demo_accounts()
    errors = error_list(form)
    page = render_template(
        "people/sign_in.html", form=form, errors=errors, demo_accounts=demo_accounts
    )
    return page, 422 if errors else 200


def _invite_page(token: str, form: InviteForm) -> ResponseReturnValue:
    found = queries.find_invite(token)
    if not signin.usable(found) or found is None:
        return render_template("people/invite_gone.html"), 410 if found else 404
    grants = queries.list_grants(found.user_id)
    places = list_places([grant.path.code for grant in grants])
    inviter = queries.find_inviter_name(found)
    errors = error_list(form)
    page = render_template(
        "people/invite.html",
        form=form,
        invite=found,
        places=places,
        inviter=inviter,
        errors=errors,
    )
    return page, 422 if errors else 200


def _wrong_words() -> str:
    if current_app.config["DEMO"]:
        return _("Số điện thoại hoặc 6 số chưa đúng. Gõ lại giúp")
    return _(
        "Số điện thoại hoặc 6 số chưa đúng, hoặc máy này chưa được mời. "
        "Gõ lại, hoặc nhờ trưởng thôn mời lại trên máy này"
    )


def _lock_words(for_good: bool) -> str:
    if for_good:
        return _("Tài khoản đã khóa vì gõ sai nhiều lần. Nhờ trưởng thôn hoặc xã mở lại")
    return _("Gõ sai nhiều lần. Chờ ít phút rồi gõ lại")


def _enter(signed_in: signin.SignedIn, target: str | None) -> Response:
    session.clear()
    session.permanent = True
    actor = queries.find_actor_by_session(signed_in.session_token)
    if actor is None:
        raise NotFoundError("session")
    login_user(Principal(actor, signed_in.session_token))
    response = make_response(redirect(_local_path(target) or home_url(actor)))
    secure = current_app.config["HTTPS"]
    response.set_cookie(
        DEVICE_COOKIE,
        signed_in.device_token,
        max_age=DEVICE_LIFE,
        secure=secure,
        httponly=True,
        samesite="Lax",
    )
    response.set_cookie(
        OUTBOX_COOKIE,
        signed_in.outbox_token,
        max_age=int(SESSION_LIFE.total_seconds()),
        path=OUTBOX_PATH,
        secure=secure,
        httponly=True,
        samesite="Strict",
    )
    return response


def _local_path(target: str | None) -> str | None:
    """Return a path of this site to go on to, or None: never another host, however spelt."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    if any(ord(char) < 32 or char == "\\" for char in target):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None


def _device_name() -> str:
    """Return a short name of the phone or browser, for its owner to know it by."""
    agent = request.user_agent.string
    systems = ("Android", "iPhone", "iPad", "Windows", "Mac", "Linux")
    system = next((name for name in systems if name in agent), _("Máy khác"))
    browsers = {"Zalo": "Zalo", "SamsungBrowser": "Samsung", "CriOS": "Chrome", "Chrome": "Chrome"}
    browsers |= {"Firefox": "Firefox", "Safari": "Safari"}
    browser = next((label for mark, label in browsers.items() if mark in agent), "")
    return f"{system} · {browser}".strip(" ·")
